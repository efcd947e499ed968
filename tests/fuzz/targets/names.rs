//! NetBox's addresses, networks and names: every spelling of one is written as the same text.

#![no_main]

// Not through onprem-netbox: its HTTP and TLS take minutes to build, and have no part in this.
#[allow(dead_code)]
#[path = "../../../client/netbox/src/names.rs"]
mod names;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use fuzz::bounded;
use libfuzzer_sys::fuzz_target;

use names::{Address, MacAddress, Network};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    bounded(data.len(), || {
        comes_back::<Address>(text);
        comes_back::<MacAddress>(text);
        comes_back::<Network>(text);
        if let Ok(address) = text.parse::<Address>() {
            let network = address.network();
            assert_eq!(network.to_string().parse(), Ok(network));
            assert_eq!(network.length(), address.length());
        }
    });
});

fn comes_back<T: Debug + Display + FromStr<Err: Debug + PartialEq> + PartialEq>(text: &str) {
    let Ok(read) = text.parse::<T>() else { return };
    let written = read.to_string();
    let again = written.parse::<T>();
    assert_eq!(again.as_ref(), Ok(&read), "{text:?}, {written:?}");
    assert_eq!(again.expect("just compared").to_string(), written);
}
