//! What is known of a value that is not known yet.

use super::{Number, Value};

/// Facts that hold for an unknown value whatever it turns out to be; the default is none.
///
/// A provider that puts a refinement into a plan promises it: the value after apply must satisfy it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refinement {
    /// `Some(false)`: certainly not null. `Some(true)`: certainly null, which decodes as plain null.
    pub nullness: Option<bool>,
    /// A string starts with this.
    pub prefix: Option<String>,
    /// A number is at least this.
    pub minimum: Option<Bound>,
    /// A number is at most this.
    pub maximum: Option<Bound>,
    /// A list, set or map has at least so many elements.
    pub min_length: Option<u64>,
    /// A list, set or map has at most so many elements.
    pub max_length: Option<u64>,
}

/// One end of a range of numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bound {
    /// The end.
    pub value: Number,
    /// Whether the end itself belongs to the range.
    pub inclusive: bool,
}

impl Refinement {
    /// Certainly not null, nothing else known.
    #[must_use]
    pub fn not_null() -> Self {
        Self { nullness: Some(false), ..Self::default() }
    }

    /// Certainly not null and starting with `prefix`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.nullness = Some(false);
        self.prefix = Some(prefix.into());
        self
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_unrefined(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `value` may be what the unknown turned out to be. Another unknown always may.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        match value {
            Value::Unknown(_) => true,
            Value::Dynamic(_, inner) => self.admits(inner),
            Value::Null => self.nullness != Some(false),
            _ if self.nullness == Some(true) => false,
            Value::String(text) => {
                self.prefix.as_ref().is_none_or(|prefix| text.starts_with(prefix.as_str()))
            }
            Value::Number(number) => self.admits_number(number),
            Value::List(elements) | Value::Set(elements) => self.admits_length(elements.len()),
            Value::Map(elements) => self.admits_length(elements.len()),
            Value::Bool(_) | Value::Object(_) | Value::Tuple(_) => true,
        }
    }

    fn admits_number(&self, number: &Number) -> bool {
        let above = self.minimum.as_ref().is_none_or(|minimum| {
            *number > minimum.value || (minimum.inclusive && *number == minimum.value)
        });
        let below = self.maximum.as_ref().is_none_or(|maximum| {
            *number < maximum.value || (maximum.inclusive && *number == maximum.value)
        });
        above && below
    }

    fn admits_length(&self, length: usize) -> bool {
        let length = length as u64;
        self.min_length.is_none_or(|minimum| length >= minimum)
            && self.max_length.is_none_or(|maximum| length <= maximum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_is_checked() {
        let not_null = Refinement::not_null();
        assert!(!not_null.admits(&Value::Null));
        assert!(not_null.admits(&Value::string("")));
        assert!(Refinement::default().admits(&Value::Null));

        let prefix = Refinement::not_null().with_prefix("vm-");
        assert!(prefix.admits(&Value::string("vm-9100")));
        assert!(!prefix.admits(&Value::string("ct-9100")));
        assert!(prefix.admits(&Value::unknown()));

        let bound = |value: i64, inclusive| Some(Bound { value: value.into(), inclusive });
        let range = Refinement {
            minimum: bound(1, true),
            maximum: bound(5, false),
            ..Refinement::default()
        };
        let admitted: Vec<i64> =
            (0..7).filter(|number| range.admits(&Value::from(*number))).collect();
        assert_eq!(admitted, [1, 2, 3, 4]);

        let lengths =
            Refinement { min_length: Some(1), max_length: Some(2), ..Refinement::default() };
        for (length, admitted) in [(0, false), (1, true), (2, true), (3, false)] {
            assert_eq!(lengths.admits(&Value::List(vec![Value::Null; length])), admitted);
        }
    }
}
