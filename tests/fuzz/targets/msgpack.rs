//! Values as msgpack: what is read is of its type, and written it reads as the same again.

#![no_main]

use fuzz::bounded;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tf_provider_protocol::cty::{Type, Value};

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Result<()> {
    let mut bytes = Unstructured::new(data);
    let made: bool = bytes.arbitrary()?;
    let ty = fuzz::ty(&mut bytes, 3)?;
    if made {
        let value = fuzz::value(&mut bytes, &ty, true)?;
        comes_back(&value, &ty);
        return Ok(());
    }
    let wire = bytes.take_rest();
    bounded(data.len(), || {
        if let Ok(value) = Value::from_msgpack(wire, &ty) {
            let written = comes_back(&value, &ty);
            // Longer only where a number has an exponent, or a dynamic type was spelt shorter.
            assert!(written.len() <= 64 + 512 * wire.len(), "{} of {}", written.len(), wire.len());
        }
    });
    Ok(())
}

fn comes_back(value: &Value, ty: &Type) -> Vec<u8> {
    assert_eq!(value.conforms(ty), Ok(()));
    let written = value.to_msgpack(ty).expect("a value of its type can be written");
    let read = Value::from_msgpack(&written, ty);
    assert_eq!(read.as_ref(), Ok(value), "as {ty}: {written:02x?}");
    assert!(value.clone().null_unknowns().is_wholly_known());
    // The form is canonical: nothing is left to write differently.
    assert_eq!(read.expect("just compared").to_msgpack(ty).as_ref(), Ok(&written));
    written
}
