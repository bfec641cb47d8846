"""Policies as lines that a person can read, whatever shape they have."""

from __future__ import annotations

import pytest

from mendline.aws.roles import statements


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        ({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}, ["Allow s3:Get* on *"]),
        (
            {"Effect": "Allow", "Action": ["b:B", "a:A"], "Resource": ["arn:2", "arn:1"]},
            ["Allow a:A on arn:1, arn:2", "Allow b:B on arn:1, arn:2"],
        ),
        ({"Effect": "Deny", "NotAction": "iam:*", "NotResource": "x"}, ["Deny everything but iam:* on all but x"]),
        (
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com", "AWS": ["2", "1"]},
                "Action": "lambda:InvokeFunction",
                "Condition": {"ArnLike": {"AWS:SourceArn": "arn:t"}},
            },
            [
                "Allow lambda:InvokeFunction to AWS:1, AWS:2, Service:sns.amazonaws.com "
                'if {"ArnLike":{"AWS:SourceArn":"arn:t"}}'
            ],
        ),
        ({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}, ["Allow sqs:SendMessage to *"]),
    ],
)  # fmt: skip
def test_a_statement_is_one_line_an_action(statement, lines):
    assert statements({"Statement": [statement]}) == lines
    assert statements({"Statement": statement}) == lines


def test_no_policy_is_no_line():
    assert statements({}) == []


def test_however_long_a_policy_is_its_lines_are_few_and_a_change_at_its_end_is_seen():
    def long(last):
        resources = [f"arn:aws:s3:::{'bucket' * 20}{number}" for number in range(50)] + [last]
        actions = [f"s3:Action{number:04}" for number in range(900)] + [f"s3:Z{last}"]
        return statements({"Statement": {"Effect": "Allow", "Action": actions, "Resource": resources}})

    assert len("".join(long("a"))) < 150_000
    assert long("a") != long("b")
    assert long("a")[-1] != long("b")[-1]


def test_a_change_at_the_end_of_a_very_long_statement_is_seen():
    def line(last):
        [found] = statements({"Statement": {"Effect": "Allow", "Action": "s3:Get", "Resource": ["arn" * 300, last]}})
        return found

    assert len(line("z1")) < 450
    assert line("z1") != line("z2")
