"""Which keys are secret, as tables read both ways, and that agent and server agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from mendline.errors import SettingsError
from mendline.ingest.redact import RULES, Rules
from mendline.ingest.redact.keys import Keys
from mendline.ingest.redact.marks import TABLE
from mendline_agent.redaction import Redactor

SECRET_KEYS = {
    "password": "password Password userPassword db_password DBPASSWORD passwd pwd db-pwd passphrase password1 "
    "password_hash password_confirmation mysql.password pass PasswordNew",
    "secret": "secret clientSecret client-secret SECRET_STRIPE SecretString secrets credentials aws.credentials pin "
    "user.pin ssn otp passcode X-Amz-Signature signature",
    "token": "token access_token accessToken accesstoken x-amz-security-token id_token refresh_tokens csrfToken "
    "oauth2Token TOKEN_GITHUB taskToken session session_id JSESSIONID sessionKey sid jwt tokenValue "
    "password_reset_token",
    "authorization": "Authorization Proxy-Authorization http.request.header.authorization auth bearer x-auth-header",
    "cookie": "Cookie Set-Cookie cookies http.response.header.set-cookie",
    "api_key": "api_key apikey X-Api-Key apiKey API_KEY_STRIPE x-functions-key Ocp-Apim-Subscription-Key AccountKey",
    "private_key": "private_key privateKey PRIVATE-KEY signing_key encryptionKey",
    "card": "card_number cardNumber cvv cvc card_cvv2 pan creditCard",
    "aws_keys": "AWS_ACCESS_KEY_ID aws_secret_access_key accessKeyId SharedAccessKey",
}
PLAIN_KEYS = (
    "id name orderId monkey author authority authorizer passenger passed compass keyboard partitionKey routing_key key "
    "shipping span company pinned inside residue classname gen_ai.usage.input_tokens gen_ai.usage.output_tokens "
    "llm.token_count token_count max_tokens tokens tokens_used completionTokens tokenizer tokenization token_type "
    "NextToken continuation-token nextPageToken clientRequestToken paginationToken idempotency_token "
    "cookie_banner cookieConsent cookie_policy cookiebanner secret_santa secretsanta secretary secretariat "
    "secretsmanager "
    "aws.secretsmanager.secret.arn secret_name secretVersion password_length password_policy passwordless "
    "PasswordResetRequiredException password_changed_at password_reset_url session.id sessions_count session_duration "
    "InvalidTokenException CredentialsProviderError authorization_endpoint signature_version designature_count pancake "
    "api_keys_count card_type expires hotpot"
)


@pytest.mark.parametrize(
    ("rule", "key"),
    [(rule, key) for rule, keys in SECRET_KEYS.items() for key in keys.split()] + [("private_key", "private key")],
)
def test_value_under_this_key_is_secret(rule, key):
    assert Keys().rule(key) == rule


@pytest.mark.parametrize("key", ["", *PLAIN_KEYS.split()])
def test_value_under_this_key_is_kept(key):
    assert Keys().rule(key) == ""


def test_every_rule_by_key_is_in_the_closed_list():
    assert set(SECRET_KEYS) <= set(RULES)


@pytest.mark.parametrize("key", [key for keys in SECRET_KEYS.values() for key in keys.split()])
def test_every_secret_key_has_a_mark_that_the_first_look_finds(key):
    written = f'{key}"'.encode().translate(TABLE).decode()
    assert any(mark in written for mark in Keys().marks())


AGENT_KEYS = [
    "password", "userPassword", "passwd", "secret", "clientSecret", "SECRET_KEY", "token", "x-amz-security-token",
    "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "cookies", "api_key", "X-Api-Key", "private key",
    "session", "session_id", "sessionToken", "credentials", "aws_secret_access_key", "AWS_ACCESS_KEY_ID", "pwd",
    "card_number", "cvv", "X-Amz-Signature", "auth", "bearer", "cvc", "pin", "ssn", "jwt", "sid", "otp", "passcode",
    "pan", "passphrase", "signingKey", "encryption-key", "sessionKey", "id", "orderId", "monkey", "author",
    "tokens_used", "NextToken", "continuation-token", "paginationToken", "startingToken", "clientRequestToken",
    "passenger", "keyboard", "partitionKey", "sessions_count", "authorizer", "expires",
]  # fmt: skip


@pytest.mark.parametrize("key", AGENT_KEYS)
def test_agent_and_server_agree_on(key):
    assert bool(Keys().rule(key)) == Redactor().is_secret(key)


@pytest.mark.parametrize("written", ["tax_id", "TaxId", "tax-id", "customer.tax_id", "taxid", "old_tax_id_2"])
def test_keys_can_be_added(written):
    assert Rules.from_settings("on", "iban, tax-id").keys.rule(written) == "custom"
    assert not Keys().rule(written)


@pytest.mark.parametrize("extra", ["größe", "a", "x" * 65, "a;b", "***"])
def test_added_key_that_cannot_be_searched_is_refused(extra):
    with pytest.raises(SettingsError) as caught:
        Rules.from_settings("on", f"fine,{extra}")
    assert caught.value.code == "settings_invalid"


def test_other_words_than_on_and_off_are_refused():
    with pytest.raises(SettingsError):
        Rules.from_settings("maybe", "")


def test_reference_page_names_every_rule():
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "redaction.md").read_text()
    assert not [rule for rule in RULES if f"`{rule}`" not in page]
