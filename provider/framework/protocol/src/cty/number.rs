//! Exact decimal numbers.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, ToPrimitive};

/// An exact decimal number of any practical size; `1` and `1.0` are the same number.
///
/// Terraform's numbers carry 512 bits, so ids above 2^53 and long fractions must survive. A number
/// may have 10,000 digits in all and, where it is spelt with one, an exponent of 1,100: enough for
/// what Terraform writes, which has no exponents, and for every double, and so little that hostile
/// input costs nothing. Without the second limit six bytes could become ten thousand.
#[derive(Clone)]
pub struct Number(Repr);

/// A number is small exactly when it is an `i64`: nearly all are, and those cost no allocation.
#[derive(Clone)]
enum Repr {
    Small(i64),
    /// Always normalised: no trailing zeros.
    Large(Box<BigDecimal>),
}

impl Number {
    /// The number as `i64`, `None` unless it is exactly that.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Small(number) => Some(*number),
            Repr::Large(_) => None,
        }
    }

    /// The number as `u64`, `None` unless it is exactly that.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Small(number) => u64::try_from(*number).ok(),
            Repr::Large(number) => small_integer(number)?.to_u64(),
        }
    }

    /// The nearest `f64`, infinite where the number is too large for one.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        let (digits, scale) = match &self.0 {
            Repr::Small(number) => return *number as f64,
            Repr::Large(number) => number.as_bigint_and_scale(),
        };
        // The standard library rounds correctly, which arithmetic on the parts would not.
        format!("{digits}e{}", -scale).parse().unwrap_or(f64::NAN)
    }

    /// The number as `f64`, `None` unless it is exactly that.
    #[must_use]
    pub fn as_exact_f64(&self) -> Option<f64> {
        let nearest = self.as_f64();
        (Self::from_exact_f64(nearest).ok()? == *self).then_some(nearest)
    }

    /// Whether there is no fraction.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Small(_) => true,
            Repr::Large(number) => number.fractional_digit_count() <= 0,
        }
    }

    /// The number that a float is bit by bit: `0.1` becomes `0.1000000000000000055…`. The wire needs
    /// this; [`TryFrom<f64>`] is what people mean.
    ///
    /// # Errors
    /// When the float is infinite or not a number.
    pub fn from_exact_f64(float: f64) -> Result<Self, ParseNumberError> {
        let number = BigDecimal::try_from(float).map_err(|_| ParseNumberError::NotFinite)?;
        Ok(Self::normalised(&number))
    }

    fn normalised(number: &BigDecimal) -> Self {
        let number = number.normalized();
        match small_integer(&number).and_then(|integer| integer.to_i64()) {
            Some(small) => Self(Repr::Small(small)),
            None => Self(Repr::Large(Box::new(number))),
        }
    }

    fn decimal(&self) -> Cow<'_, BigDecimal> {
        match &self.0 {
            Repr::Small(number) => Cow::Owned(BigDecimal::from(*number)),
            Repr::Large(number) => Cow::Borrowed(number),
        }
    }
}

/// A normalised number as an integer, unless it is far too large for 64 bits.
fn small_integer(number: &BigDecimal) -> Option<BigInt> {
    let (digits, scale) = number.as_bigint_and_scale();
    match scale {
        0 => Some(digits.into_owned()),
        // 20 digits hold every u64; beyond that the power is not worth computing.
        -20..0 => Some(digits.into_owned() * BigInt::from(10).pow(scale.unsigned_abs() as u32)),
        _ => None,
    }
}

/// Plain decimal digits, never an exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(number) => number.fmt(f),
            Repr::Large(number) => f.write_str(&number.to_plain_string()),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Number {
    type Err = ParseNumberError;

    /// Reads decimal digits with an optional sign, fraction and exponent.
    fn from_str(text: &str) -> Result<Self, ParseNumberError> {
        if let Ok(small) = text.parse() {
            return Ok(Self(Repr::Small(small)));
        }
        let malformed = || ParseNumberError::Malformed;
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent),
            None => (text, "0"),
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
            return Err(malformed());
        }
        let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent_digits.is_empty() || !digits(exponent_digits) {
            return Err(malformed());
        }
        let exponent: i64 = exponent.parse().map_err(|_| ParseNumberError::TooLarge)?;
        // Counted as the number would be written, so that every number can be read again.
        let digits = (whole.len().max(1) + fraction.len()) as u64;
        let shift = exponent.unsigned_abs();
        if shift > MAX_EXPONENT || digits + shift > MAX_DIGITS {
            return Err(ParseNumberError::TooLarge);
        }
        let sign = if mantissa.starts_with('-') { "-" } else { "" };
        let number =
            BigInt::from_str(&format!("{sign}{whole}{fraction}")).map_err(|_| malformed())?;
        Ok(Self::normalised(&BigDecimal::new(number, fraction.len() as i64 - exponent)))
    }
}

/// The shortest decimal that reads back as the float: `0.1` becomes `0.1`, as in a configuration.
impl TryFrom<f64> for Number {
    type Error = ParseNumberError;

    fn try_from(float: f64) -> Result<Self, ParseNumberError> {
        if !float.is_finite() {
            return Err(ParseNumberError::NotFinite);
        }
        float.to_string().parse()
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Number {
            fn from(integer: $integer) -> Self {
                match i64::try_from(integer) {
                    Ok(small) => Self(Repr::Small(small)),
                    Err(_) => Self::normalised(&BigDecimal::from(integer)),
                }
            }
        }
    )*};
}
from_integers!(i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Small(one), Repr::Small(other)) => one == other,
            // Normalised numbers are equal exactly when their parts are.
            (Repr::Large(one), Repr::Large(other)) => {
                one.as_bigint_and_scale() == other.as_bigint_and_scale()
            }
            _ => false,
        }
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Small(one), Repr::Small(other)) => one.cmp(other),
            _ => self.decimal().cmp(&other.decimal()),
        }
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Small(number) => number.hash(state),
            Repr::Large(number) => number.as_bigint_and_scale().hash(state),
        }
    }
}

/// Why a text or float is no [`Number`]. It does not quote the text, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNumberError {
    /// Not decimal digits with an optional sign, fraction and exponent.
    #[error("not a decimal number")]
    Malformed,
    /// An infinity or "not a number".
    #[error("not a finite number")]
    NotFinite,
    /// More than 10,000 digits, or an exponent beyond 1,100.
    #[error("a number of more than 10,000 digits, or with an exponent beyond 1,100")]
    TooLarge,
}

const MAX_DIGITS: u64 = 10_000;
/// The smallest double, 5e-324, has 1,074 digits after the point.
const MAX_EXPONENT: u64 = 1_100;

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn equality_is_by_value() {
        for (left, right) in
            [("1", "1.0"), ("100", "1e2"), ("-0", "0"), ("0.10", "1E-1"), ("+5", "5.")]
        {
            assert_eq!(number(left), number(right), "{left} and {right}");
        }
        assert_ne!(number("1"), number("1.0000000000000000000000000000001"));
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert!(number("-1e3") < number("0.001"));
        let ordered = [
            "-1e30",
            "-9223372036854775809",
            "-9223372036854775808",
            "0",
            "0.5",
            "1",
            "9223372036854775807",
            "9223372036854775808",
            "1e30",
        ];
        assert!(ordered.windows(2).all(|pair| number(pair[0]) < number(pair[1])));
    }

    #[test]
    fn integers_are_exact_or_absent() {
        assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551615").as_i64(), None);
        assert_eq!(number("-9223372036854775808").as_i64(), Some(i64::MIN));
        assert_eq!(number("1e3").as_i64(), Some(1000));
        assert_eq!(number("1e19").as_u64(), Some(10_000_000_000_000_000_000));
        assert_eq!(number("1.5").as_i64(), None);
        assert_eq!(number("1e1000").as_u64(), None);
        assert_eq!(number("-1").as_u64(), None);
    }

    #[test]
    fn floats_mean_their_shortest_text_and_wire_floats_their_bits() {
        assert_eq!(Number::try_from(0.1).unwrap(), number("0.1"));
        assert_eq!(
            Number::from_exact_f64(0.1).unwrap().to_string(),
            "0.1000000000000000055511151231257827021181583404541015625"
        );
        assert_eq!(number("0.1").as_exact_f64(), None);
        assert_eq!(number("0.5").as_exact_f64(), Some(0.5));
        assert_eq!(Number::try_from(1e300).unwrap().as_f64(), 1e300);
        assert_eq!(number("1e400").as_exact_f64(), None);
        assert_eq!(Number::try_from(f64::NAN), Err(ParseNumberError::NotFinite));
        let tiny = Number::from_exact_f64(5e-324).unwrap();
        assert_eq!(tiny.as_exact_f64(), Some(5e-324));
    }

    #[test]
    fn text_is_plain_decimal() {
        assert_eq!(number("1e25").to_string(), "10000000000000000000000000");
        assert_eq!(number("-1.50").to_string(), "-1.5");
        assert_eq!(number("1e-10").to_string(), "0.0000000001");
        assert_eq!(number("0.0").to_string(), "0");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "0x10", "1_000", "Inf", "NaN", "1 ", "--1"] {
            assert_eq!(text.parse::<Number>(), Err(ParseNumberError::Malformed), "{text:?}");
        }
        for text in ["1e1101", "1e-99999999999999999999", &"9".repeat(10_001)] {
            assert_eq!(text.parse::<Number>(), Err(ParseNumberError::TooLarge));
        }
    }

    #[test]
    fn a_number_could_be_written_that_was_too_large_to_be_read() {
        let nines = "9".repeat(9_999);
        for text in [format!(".{nines}"), format!("{nines}e1"), nines[..9_000].to_owned() + "e-999"]
        {
            let number = number(&text);
            assert_eq!(number.to_string().parse(), Ok(number));
        }
        for text in [format!(".{nines}9"), format!("{nines}e2"), format!("{nines}e-2")] {
            assert_eq!(text.parse::<Number>(), Err(ParseNumberError::TooLarge));
        }
    }

    #[test]
    fn a_few_bytes_could_become_ten_thousand() {
        for text in ["1e9999", "1e-9999"] {
            assert_eq!(text.parse::<Number>(), Err(ParseNumberError::TooLarge));
        }
        assert_eq!(number("1e1100").to_string().len(), 1_101);
    }
}
