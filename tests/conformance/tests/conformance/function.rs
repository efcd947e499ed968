//! Functions: no provider is configured when they are called.

use conformance::Core;
use tf_provider::cty::Value;
use tf_provider_protocol::proto::provider_server::Provider;
use tf_provider_protocol::proto::{self, DynamicValue};
use tonic::Request;

use super::sample::Sample;

async fn core() -> Core {
    Core::new::<Sample>().await.expect_value()
}

#[tokio::test]
async fn a_function_takes_any_number_of_further_arguments() {
    let core = core().await;
    let arguments = ["-".into(), "A".into(), "b".into()];
    let joined = core.call("join", &arguments).await.expect_value();
    assert_eq!(joined, Ok("a-b".into()));
    assert_eq!(core.call("join", &["-".into()]).await.expect_value(), Ok("".into()));
    let arguments = [Value::Null, "a".into(), "b".into()];
    assert_eq!(core.call("join", &arguments).await.expect_value(), Ok("a b".into()));
}

#[tokio::test]
async fn an_error_names_the_argument() {
    let core = core().await;
    for (arguments, argument) in [
        (vec!["long".into(), "a".into()], Some(0)),
        (vec!["-".into(), "a".into(), "no name!".into()], Some(2)),
        (vec!["-".into(), "a".into(), "b".into(), "c".into(), "d".into()], None),
        (vec!["boom".into()], None),
    ] {
        let error = core.call("join", &arguments).await.expect_value().unwrap_err();
        assert_eq!(error.argument, argument, "{error:?}");
        assert!(!error.text.contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_function_that_copes_with_the_unknown_gets_it() {
    let core = core().await;
    for (argument, result) in [
        (Value::unknown(), "not yet".into()),
        (Value::Null, Value::Null),
        (7.into(), "it is 7".into()),
    ] {
        assert_eq!(core.call("known", &[argument]).await.expect_value(), Ok(result));
    }
}

#[tokio::test]
async fn a_function_that_is_not_pure_is_found_out() {
    let outcome = core().await.call("known", &[0.into()]).await;
    assert_eq!(outcome.violations.len(), 1, "{}", outcome.complaints());
}

/// Core asks before it sends such arguments; another program may not.
#[tokio::test]
async fn arguments_that_no_core_sends_are_errors() {
    let service = tf_provider::testing::service::<Sample>();
    let string =
        |value: &Value| DynamicValue::encode_value(value, &tf_provider::cty::Type::String).unwrap();
    let call = async |name: &str, arguments: Vec<DynamicValue>| {
        let request = proto::call_function::Request { name: name.to_owned(), arguments };
        service.call_function(Request::new(request)).await.unwrap().into_inner()
    };
    let error = call("nothing", vec![]).await.error.unwrap();
    assert!(error.text.contains("no function nothing"), "{error:?}");
    let error = call("join", vec![]).await.error.unwrap();
    assert!(error.text.contains("takes 1 argument"), "{error:?}");
    let error = call("known", vec![string(&"x".into())]).await.error.unwrap();
    assert_eq!(error.function_argument, Some(0), "{error:?}");
    let arguments = vec![string(&"-".into()), string(&Value::Null)];
    assert_eq!(call("join", arguments).await.error.unwrap().function_argument, Some(1));
    let arguments = vec![string(&"-".into()), string(&Value::unknown())];
    let answer = call("join", arguments).await;
    let ty = tf_provider::cty::Type::String;
    assert!(DynamicValue::decode_field(answer.result.as_ref(), &ty).unwrap().is_unknown());
}
