from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.catalog.feed import parse_money
from generation.catalog.feed.money import CURRENCIES

AMOUNTS = st.decimals(min_value="0.01", max_value="999999999", places=2)
CODES = st.sampled_from(sorted(CURRENCIES - {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}))


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12.99 USD", "12.99", "USD"),
        ("USD 12.99", "12.99", "USD"),
        ("12.99USD", "12.99", "USD"),
        ("€12,99", "12.99", "EUR"),
        ("12,99 €", "12.99", "EUR"),
        ("1.299,00 EUR", "1299.00", "EUR"),
        ("1,299.00 USD", "1299.00", "USD"),
        ("1 299,00 EUR", "1299.00", "EUR"),
        ("1\u202f299,00\u00a0€", "1299.00", "EUR"),
        ("CHF 1'299.00", "1299.00", "CHF"),
        ("₹450", "450.00", "INR"),
        ("₹1,29,999.00", "129999.00", "INR"),
        ("Rs. 450", "450.00", "INR"),
        ("US$ 12", "12.00", "USD"),
        ("R$ 12,50", "12.50", "BRL"),
        ("$12.99 CAD", "12.99", "CAD"),
        ("12,- EUR", "12.00", "EUR"),
        (".99 USD", "0.99", "USD"),
        ("0,999 EUR", "1.00", "EUR"),
        ("1,299 USD", "1299.00", "USD"),
        ("1.299.000 IDR", "1299000.00", "IDR"),
        ("KWD 1.255", "1.255", "KWD"),
        ("١٢٫٥٠ EGP", "12.50", "EGP"),
    ],
)
def test_prices_are_read_as_shops_write_them(text, amount, currency):
    assert parse_money(text) == (Decimal(amount), currency)


def test_a_bare_number_takes_the_currency_of_the_mapping():
    assert parse_money("12.99", currency="GBP") == (Decimal("12.99"), "GBP")


def test_a_dollar_sign_means_the_dollar_of_the_mapping():
    assert parse_money("$5", currency="AUD").currency == "AUD"
    assert parse_money("$5", currency="EUR").currency == "USD"


def test_a_given_decimal_sign_settles_what_three_digits_mean():
    assert parse_money("1.299", currency="EUR", decimal=",").amount == 1299
    assert parse_money("1,299", currency="EUR", decimal=",").amount == Decimal("1.30")


def test_cents_are_divided():
    assert parse_money(4995, currency="USD", divisor=100).amount == Decimal("49.95")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("abc", "“abc” is not a number; write it like 12.99 USD"),
        ("12.99-15.99 USD", "not a number"),
        ("12.9.9 USD", "not a number"),
        ("1e5 USD", "not a number"),
        ("12.99", "has no currency"),
        ("12.99 QQQ", "where a currency belongs"),
        ("€12 USD", "two currencies"),
        ("-5 USD", "not above 0"),
        ("0.00 USD", "not above 0"),
        ("0.001 USD", "not above 0"),
        ("9999999999 USD", "a billion or more"),
        ("9" * 5000, "not a number"),
    ],
)
def test_what_is_no_price_is_refused_with_the_way_out(text, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        parse_money(text)


@given(AMOUNTS, CODES)
def test_a_price_written_either_way_round_reads_as_itself(amount, code):
    expected = (amount, code)
    assert parse_money(f"{amount} {code}") == expected
    assert parse_money(f"{code} {amount}") == expected
    assert parse_money(f"{amount:,} {code}") == expected


@given(AMOUNTS, CODES)
def test_a_price_with_decimal_comma_reads_as_itself(amount, code):
    german = f"{amount:,}".translate(str.maketrans(",.", ".,"))
    assert parse_money(f"{german} {code}") == (amount, code)
    assert parse_money(f"{german} {code}", decimal=",") == (amount, code)


@given(st.one_of(st.text(max_size=40), st.text("0123456789.,'’ -+€$kr()", max_size=20), st.floats(), st.integers()))
def test_any_input_gives_a_positive_price_or_a_sentence(value):
    try:
        money = parse_money(value, currency="EUR")
    except ValueError as error:
        assert "“" in str(error)
    else:
        assert 0 < money.amount <= 10**9
        assert money.currency in CURRENCIES
