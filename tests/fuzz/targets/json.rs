//! Values and types as JSON: strict and lenient reading agree, and what is written reads as the same.

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
        let value = fuzz::value(&mut bytes, &ty, false)?;
        comes_back(&value, &ty);
        return Ok(());
    }
    let json = bytes.take_rest();
    bounded(data.len(), || {
        if let Ok(ty) = Type::from_json_bytes(json) {
            assert_eq!(Type::from_json_bytes(&ty.to_json_bytes()), Ok(ty));
        }
        let strict = Value::from_json(json, &ty);
        let lenient = Value::from_json_lenient(json, &ty);
        if let Ok(value) = &strict {
            assert_eq!(lenient.as_ref(), Ok(value), "as {ty}");
        }
        if let Ok(value) = &lenient {
            let written = comes_back(value, &ty);
            // Attributes that are missing become null, and numbers lose their exponents.
            assert!(
                written.len() <= 1024 + 512 * json.len(),
                "{} of {}",
                written.len(),
                json.len()
            );
        }
    });
    Ok(())
}

fn comes_back(value: &Value, ty: &Type) -> String {
    assert_eq!(value.conforms(ty), Ok(()));
    let written = value.to_json(ty).expect("a known value of its type can be written");
    let strict = Value::from_json(written.as_bytes(), ty);
    assert_eq!(strict.as_ref(), Ok(value), "as {ty}: {written}");
    assert_eq!(Value::from_json_lenient(written.as_bytes(), ty).as_ref(), Ok(value), "as {ty}");
    assert_eq!(strict.expect("just compared").to_json(ty).as_ref(), Ok(&written));
    // A state is JSON and the wire msgpack: the way through both loses nothing.
    let wire = value.to_msgpack(ty).expect("what can be JSON can be msgpack");
    assert_eq!(Value::from_msgpack(&wire, ty).as_ref(), Ok(value), "as {ty}");
    written
}
