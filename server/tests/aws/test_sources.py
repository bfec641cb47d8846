"""The file of sources: what may stand in it, and that mistakes are told."""

from __future__ import annotations

import pytest

from mendline.aws.sources import Pace, Source, load_reading
from mendline.errors import SettingsError


@pytest.fixture
def load(tmp_path):
    def load(text):
        (tmp_path / "aws.toml").write_text(text)
        return load_reading(tmp_path / "aws.toml")

    return load


def test_a_file_names_sources_and_a_pace(load):
    reading = load(
        """
        [[source]]
        name = "production"
        regions = ["eu-central-1", "us-east-1", "eu-central-1"]
        role_arn = "arn:aws:iam::123456789012:role/mendline-reader"
        external_id = "shared"
        logs = "off"

        [[source]]
        name = "local"
        regions = ["us-gov-west-1"]
        endpoint_url = "http://127.0.0.1:4566"
        profile = "dev"
        log_groups = ["/aws/lambda/*", "other"]

        [pace]
        metrics_s = 60
        metrics_period_s = 300
        """
    )
    assert reading.sources == (
        Source(
            "production",
            ("eu-central-1", "us-east-1"),
            role_arn="arn:aws:iam::123456789012:role/mendline-reader",
            external_id="shared",
            logs="off",
        ),
        Source(
            "local",
            ("us-gov-west-1",),
            endpoint_url="http://127.0.0.1:4566",
            profile="dev",
            log_groups=("/aws/lambda/*", "other"),
        ),
    )
    assert reading.pace == Pace(metrics_s=60, metrics_period_s=300)


GOOD = '[[source]]\nname = "a"\nregions = ["eu-central-1"]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no source"),
        ("source = []", "names no source"),
        ("source = 3", "names no source"),
        ("[[source]", "not valid TOML"),
        ("[[sources]]\n" + GOOD, "Did you mean 'source'"),
        (GOOD + 'region = ["x"]', "Did you mean 'regions'"),
        ('[[source]]\nname = "a"', "names no regions"),
        ('[[source]]\nregions = ["eu-central-1"]', "name in source 1"),
        ('[[source]]\nname = "../a"\nregions = ["eu-central-1"]', "name in source 1"),
        ('[[source]]\nname = "a"\nregions = "eu-central-1"', "list of texts"),
        ('[[source]]\nname = "a"\nregions = ["Frankfurt"]', "does not look like a region"),
        ('[[source]]\nname = "a"\nregions = ["../../etc"]', "does not look like a region"),
        (GOOD + 'role_arn = "reader"', "not the ARN of a role"),
        (GOOD + 'external_id = "x"', "add role_arn"),
        (GOOD + 'logs = "some"', "use one of unsubscribed, all, off"),
        (GOOD + "profile = 3", "must be a text"),
        (GOOD + GOOD.replace('"a"', '"A"'), "same name"),
        (GOOD + "[pace]\nmetrics_s = 1", "30 to 86400"),
        (GOOD + "[pace]\nmetrics_s = true", "whole number"),
        (GOOD + "[pace]\nmetrics_period_s = 61", "60 or 300"),
        (GOOD + "[pace]\nmetric_s = 60", "Did you mean 'metrics_s'"),
        ("pace = 3\n" + GOOD, "must be a table"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(load, text, told):
    with pytest.raises(SettingsError) as caught:
        load(text)
    assert told in caught.value.message


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError):
        load_reading(tmp_path / "none.toml")


def test_a_source_holds_no_keys(load):
    with pytest.raises(SettingsError):
        load(GOOD + 'aws_secret_access_key = "x"')
