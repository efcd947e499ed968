//! MAC addresses out of names.

use sha2::{Digest, Sha256};
use tf_provider::{Function, FunctionError};

/// Makes a MAC address of a text: the same text has the same address, for ever.
///
/// The address is a locally administered unicast one, so that it meets none that a manufacturer has
/// given. Put into the seed whatever makes it the only one in its network, for example
/// `"prod/web-01/net0"`.
#[derive(Function)]
#[function(name = "mac_address")]
pub(crate) struct MacAddress {
    /// Any text but an empty one.
    seed: String,
}

impl Function for MacAddress {
    type Output = String;

    fn call(MacAddressArguments { seed }: MacAddressArguments) -> Result<String, FunctionError> {
        if seed.is_empty() {
            return Err(FunctionError::new("The seed is empty").argument("seed"));
        }
        let mut bytes: [u8; 6] = [0; 6];
        bytes.copy_from_slice(&Sha256::digest(seed)[..6]);
        bytes[0] = (bytes[0] | LOCALLY_ADMINISTERED) & !MULTICAST;
        Ok(bytes.map(|byte| format!("{byte:02X}")).join(":"))
    }
}

const LOCALLY_ADMINISTERED: u8 = 0b10;
const MULTICAST: u8 = 0b01;

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(seed: &str) -> Result<String, FunctionError> {
        MacAddress::call(MacAddressArguments { seed: seed.to_owned() })
    }

    #[test]
    fn an_address_is_stable_local_and_unicast() {
        assert_eq!(mac("web-01").unwrap(), "0A:9D:9F:06:CC:8C", "it must never change");
        for seed in 0..200 {
            let address = mac(&seed.to_string()).unwrap();
            let first = u8::from_str_radix(&address[..2], 16).unwrap();
            assert_eq!(first & 0b11, 0b10, "{address}");
        }
        assert_ne!(mac("a").unwrap(), mac("b").unwrap());
        assert!(mac("").is_err());
    }
}
