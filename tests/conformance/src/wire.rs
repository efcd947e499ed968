//! One value in all the forms that msgpack and JSON have for it.

use tf_provider::cty::{Refinement, Type, Value};
use tf_provider_protocol::proto::DynamicValue;
use unicode_normalization::UnicodeNormalization;

use crate::rule::Rule;

/// A form that core, or another program in its place, may send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// JSON instead of msgpack.
    Json,
    /// Text, and keys, decomposed.
    Text,
    /// Numbers as decimal text.
    Number,
    /// Unknown values as extensions that nobody has defined, and with facts that nobody has.
    Unknown,
    /// The types of dynamic values as text.
    Dynamic,
    /// Sets from the end, with every known element twice.
    Set,
}

impl Form {
    pub(crate) const ALL: [Self; 6] =
        [Self::Json, Self::Text, Self::Number, Self::Unknown, Self::Dynamic, Self::Set];

    /// The rule of a provider that does not read it.
    pub(crate) fn rule(self) -> Rule {
        match self {
            Self::Json => Rule::AcceptedEncoding,
            Self::Text => Rule::AcceptedText,
            Self::Number => Rule::AcceptedNumber,
            Self::Unknown => Rule::AcceptedUnknown,
            Self::Dynamic => Rule::AcceptedDynamic,
            Self::Set => Rule::AcceptedSet,
        }
    }

    /// The value in this form; nothing where there is none. Whatever has a length says it in four bytes,
    /// in every form.
    pub(crate) fn write(self, value: &Value, ty: &Type) -> Option<DynamicValue> {
        if self == Self::Json {
            let json = value.to_json(ty).ok()?;
            return Some(DynamicValue { msgpack: vec![], json: json.into_bytes() });
        }
        let mut msgpack = vec![];
        self.value(&mut msgpack, value, ty)?;
        Some(DynamicValue { msgpack, json: vec![] })
    }

    fn value(self, bytes: &mut Vec<u8>, value: &Value, ty: &Type) -> Option<()> {
        match (value, ty) {
            (Value::Unknown(refinement), _) if self == Self::Unknown => {
                unknown(bytes, refinement, &value.to_msgpack(ty).ok()?)?;
            }
            (Value::Number(number), _) if self == Self::Number => {
                text(bytes, &number.to_string())?;
            }
            (Value::String(one), _) => self.text(bytes, one)?,
            (Value::List(elements), Type::List(element)) => {
                self.elements(bytes, elements, element)?;
            }
            (Value::Set(elements), Type::Set(element)) if self == Self::Set => {
                let mut turned: Vec<Value> = elements.iter().rev().cloned().collect();
                turned.extend(elements.iter().filter(|one| one.is_wholly_known()).cloned());
                self.elements(bytes, &turned, element)?;
            }
            (Value::Set(elements), Type::Set(element)) => {
                self.elements(bytes, elements, element)?
            }
            (Value::Tuple(elements), Type::Tuple(types)) => {
                header(bytes, ARRAY, elements.len())?;
                for (value, ty) in elements.iter().zip(types) {
                    self.value(bytes, value, ty)?;
                }
            }
            (Value::Map(elements), Type::Map(element)) => {
                header(bytes, MAP, elements.len())?;
                for (key, value) in elements {
                    self.text(bytes, key)?;
                    self.value(bytes, value, element)?;
                }
            }
            (Value::Object(attributes), Type::Object(types)) => {
                header(bytes, MAP, attributes.len())?;
                for (name, value) in attributes {
                    text(bytes, name)?;
                    self.value(bytes, value, types.get(name)?)?;
                }
            }
            (Value::Dynamic(own, value), Type::Dynamic) => {
                header(bytes, ARRAY, 2)?;
                let description = own.to_json_bytes();
                let kind = if self == Self::Dynamic { TEXT } else { BINARY };
                header(bytes, kind, description.len())?;
                bytes.extend(description);
                self.value(bytes, value, own)?;
            }
            _ => bytes.extend(value.to_msgpack(ty).ok()?),
        }
        Some(())
    }

    fn elements(self, bytes: &mut Vec<u8>, elements: &[Value], ty: &Type) -> Option<()> {
        header(bytes, ARRAY, elements.len())?;
        elements.iter().try_for_each(|value| self.value(bytes, value, ty))
    }

    fn text(self, bytes: &mut Vec<u8>, one: &str) -> Option<()> {
        match self {
            Self::Text => text(bytes, &one.nfd().collect::<String>()),
            _ => text(bytes, one),
        }
    }
}

/// Whether there is an unknown value with a place for what is known of it, and nothing in that place.
pub(crate) fn has_empty_refinement(msgpack: &[u8]) -> bool {
    let mut reader = Reader { rest: msgpack, found: false };
    // What cannot be read is another rule's business.
    let _ = reader.value(0);
    reader.found
}

/// An unknown value as no version of Terraform writes it.
fn unknown(bytes: &mut Vec<u8>, refinement: &Refinement, usual: &[u8]) -> Option<()> {
    let facts = match usual {
        _ if refinement.is_unrefined() => None,
        [0xd5, REFINED, facts @ ..] | [0xd6, REFINED, facts @ ..] => Some(facts),
        [0xd7, REFINED, facts @ ..] | [0xd8, REFINED, facts @ ..] => Some(facts),
        [0xc7, _, REFINED, facts @ ..] => Some(facts),
        [0xc8, _, _, REFINED, facts @ ..] => Some(facts),
        _ => None,
    };
    let Some((count, facts)) = facts.and_then(<[u8]>::split_first) else {
        // An extension of four bytes that nobody has defined.
        bytes.extend([0xd6, 0x7f, 0, 0, 0, 0]);
        return Some(());
    };
    let mut all = vec![];
    header(&mut all, MAP, usize::from(count & 0x0f) + 1)?;
    // A fact that nobody has defined, a list of two.
    all.extend([0x63, 0x92, 0xc0, 0xc3]);
    all.extend(facts);
    header(bytes, EXTENSION, all.len())?;
    bytes.push(REFINED);
    bytes.extend(all);
    Some(())
}

fn text(bytes: &mut Vec<u8>, text: &str) -> Option<()> {
    header(bytes, TEXT, text.len())?;
    bytes.extend(text.as_bytes());
    Some(())
}

fn header(bytes: &mut Vec<u8>, kind: u8, length: usize) -> Option<()> {
    bytes.push(kind);
    bytes.extend(u32::try_from(length).ok()?.to_be_bytes());
    Some(())
}

/// Looks through msgpack of any type.
struct Reader<'a> {
    rest: &'a [u8],
    found: bool,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        let marker = self.take(1)?[0];
        match marker {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => {}
            0x80..=0x8f => self.values(2 * usize::from(marker & 0x0f), depth)?,
            0x90..=0x9f => self.values(usize::from(marker & 0x0f), depth)?,
            0xa0..=0xbf => self.skip(usize::from(marker & 0x1f))?,
            0xc4 | 0xd9 => self.sized(1)?,
            0xc5 | 0xda => self.sized(2)?,
            0xc6 | 0xdb => self.sized(4)?,
            0xcc | 0xd0 => self.skip(1)?,
            0xcd | 0xd1 => self.skip(2)?,
            0xca | 0xce | 0xd2 => self.skip(4)?,
            0xcb | 0xcf | 0xd3 => self.skip(8)?,
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xc7..=0xc9 => {
                let length = self.length(1 << (marker - 0xc7))?;
                self.extension(length)?;
            }
            0xdc | 0xdd => {
                let length = self.length(2 << (marker - 0xdc))?;
                self.values(length, depth)?;
            }
            0xde | 0xdf => {
                let length = self.length(2 << (marker - 0xde))?;
                self.values(length.checked_mul(2)?, depth)?;
            }
            0xc1 => return None,
        }
        Some(())
    }

    fn values(&mut self, count: usize, depth: usize) -> Option<()> {
        (0..count).try_for_each(|_| self.value(depth + 1))
    }

    fn extension(&mut self, length: usize) -> Option<()> {
        let code = self.take(1)?[0];
        let body = self.take(length)?;
        let empty = matches!(body, [] | [0x80] | [0xde, 0, 0] | [0xdf, 0, 0, 0, 0]);
        self.found |= code == REFINED && empty;
        Some(())
    }

    fn sized(&mut self, bytes: usize) -> Option<()> {
        let length = self.length(bytes)?;
        self.skip(length)
    }

    fn length(&mut self, bytes: usize) -> Option<usize> {
        let digits = self.take(bytes)?;
        Some(digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.take(bytes).map(drop)
    }

    fn take(&mut self, bytes: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(taken)
    }
}

const ARRAY: u8 = 0xdd;
const MAP: u8 = 0xdf;
const TEXT: u8 = 0xdb;
const BINARY: u8 = 0xc6;
const EXTENSION: u8 = 0xc9;
/// The code of an unknown value of which something is known.
const REFINED: u8 = 12;
/// Nothing that a provider sends nests deeper.
const DEPTH: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_the_same() {
        let ty = Type::object([
            ("any", Type::Dynamic),
            ("count", Type::Number),
            ("name", Type::String),
            ("none", Type::Dynamic),
            ("tags", Type::set(Type::String)),
            ("words", Type::map(Type::list(Type::String))),
        ]);
        let words = Value::map([("\u{e9}", Value::List(vec!["a".into()]))]);
        let value = Value::object([
            ("any", Value::Dynamic(Box::new(Type::Number), Box::new(7.into()))),
            ("count", 9_007_199_254_740_993_i64.into()),
            ("name", Value::from(Refinement::not_null().with_prefix("\u{e9}"))),
            ("none", Value::unknown()),
            ("tags", Value::set(vec!["b".into(), "\u{e9}".into(), "a".into()])),
            ("words", words.clone()),
        ]);
        let usual = value.to_msgpack(&ty).unwrap();
        for form in &Form::ALL[1..] {
            let written = form.write(&value, &ty).unwrap();
            assert_ne!(written.msgpack, usual, "{form:?}");
            assert_eq!(written.decode_value(&ty).as_ref(), Ok(&value), "{form:?}");
        }
        assert_eq!(Form::Json.write(&value, &ty), None, "no JSON is unknown");
        let ty = Type::map(Type::list(Type::String));
        let json = Form::Json.write(&words, &ty).unwrap();
        assert!(json.msgpack.is_empty());
        assert_eq!(json.decode_value(&ty), Ok(words.clone()));
        let decomposed = Form::Text.write(&words, &ty).unwrap().msgpack;
        assert!(decomposed.windows(3).any(|bytes| bytes == "e\u{301}".as_bytes()));
    }

    #[test]
    fn a_refinement_that_says_nothing_is_found_wherever_it_is() {
        let empty = [0xc7, 1, REFINED, 0x80];
        let inside = [&[0x81, 0xa1, b'a', 0x92, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0][..], &empty].concat();
        assert!(has_empty_refinement(&empty) && has_empty_refinement(&inside));
        let said = Value::from(Refinement::not_null()).to_msgpack(&Type::String).unwrap();
        for fine in [&[0xd4, 0, 0][..], &said, &[0xa4, 0xc7, 1, 12, 0x80], &[0xc1], &[]] {
            assert!(!has_empty_refinement(fine), "{fine:?}");
        }
    }
}
