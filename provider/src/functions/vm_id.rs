//! Guest numbers out of names.

use sha2::{Digest, Sha256};
use tf_provider::{Function, FunctionError};

use crate::proxmox::VmIdRange;

/// Chooses the number of a guest by its name: the same name has the same number, whatever else there is.
///
/// Two names may meet in one number, the sooner the smaller the range: the plan cannot know, and the apply
/// then says that the number is taken. A range of 10,000 numbers holds 50 names with a chance of one in
/// nine that two of them meet.
#[derive(Function)]
#[function(name = "vm_id")]
pub(crate) struct VmId {
    /// Name of the guest.
    name: String,
    /// The smallest and the largest number, for example `{ first = 10000, last = 19999 }`.
    range: VmIdRange,
}

impl Function for VmId {
    type Output = i64;

    fn call(VmIdArguments { name, range }: VmIdArguments) -> Result<i64, FunctionError> {
        let (first, last) = (range.first, range.last);
        let allowed = SMALLEST..=LARGEST;
        if !allowed.contains(&first) || !allowed.contains(&last) || first > last {
            let text = format!(
                "The range goes from {first} to {last}; numbers go from {SMALLEST} to {LARGEST}, the \
                 smaller one first"
            );
            return Err(FunctionError::new(text).argument("range"));
        }
        let mut bytes: [u8; 8] = [0; 8];
        bytes.copy_from_slice(&Sha256::digest(name)[..8]);
        // No larger than the range, which is of i64.
        let count = (last - first + 1).unsigned_abs();
        let offset = i64::try_from(u64::from_be_bytes(bytes) % count).unwrap_or_default();
        Ok(first + offset)
    }
}

const SMALLEST: i64 = 100;
const LARGEST: i64 = 999_999_999;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxmox::VmIdRangePlan;

    fn call(name: &str, first: i64, last: i64) -> Result<i64, FunctionError> {
        VmId::call(VmIdArguments { name: name.to_owned(), range: VmIdRangePlan { first, last } })
    }

    #[test]
    fn a_number_is_stable_and_within_the_range() {
        assert_eq!(call("web-01", 10_000, 19_999).unwrap(), 10_087, "it must never change");
        assert_eq!(call("web-01", 100, 100).unwrap(), 100);
        for name in 0..200 {
            let number = call(&name.to_string(), 9000, 9009).unwrap();
            assert!((9000..=9009).contains(&number), "{number}");
        }
        assert!(call("a", 200, 100).is_err());
        assert!(call("a", 1, 100).is_err());
        assert!(call("a", 100, i64::MAX).is_err());
    }
}
