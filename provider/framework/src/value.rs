//! Values while a configuration is not wholly known.

/// A value that may not be known yet, or may not be there.
///
/// Configurations and plans consist of these; what `create` and `update` receive does not.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "Terraform knows exactly these three states")]
pub enum Value<T> {
    /// Not set.
    #[default]
    Null,
    /// Set to something that is known only at apply.
    Unknown,
    /// Set to this.
    Known(T),
}

impl<T> Value<T> {
    /// The value, when there is one and it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The value, when there is one and it is known.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether it is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is known only at apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The same state with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Value<U> {
        match self {
            Self::Known(value) => Value::Known(f(value)),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }

    /// The same state, borrowed.
    pub fn as_ref(&self) -> Value<&T> {
        match self {
            Self::Known(value) => Value::Known(value),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }
}

/// What an update does to one attribute.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth thing to do")]
pub enum Change<T> {
    /// Nothing: prior state and plan agree.
    #[default]
    Unchanged,
    /// Set it to this.
    Set(T),
    /// Give it back to the server's default: it left the configuration.
    Reset,
}

impl<T> Change<T> {
    /// Whether there is anything to do.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::Unchanged)
    }

    /// The new value, when there is one.
    pub fn set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unchanged | Self::Reset => None,
        }
    }
}
