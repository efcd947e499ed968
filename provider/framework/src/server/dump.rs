//! The values of the messages as files, for those who debug: `TF_LOG_SDK_PROTO_DATA_DIR` names the folder.
//!
//! Each file is `{TIME}_{RPC}_{Message}_{Field}.msgpack`. What the schema calls sensitive or write-only is
//! null in it. What has no schema to tell is not written:
//! arguments of functions, private data, raw states; nor is anything of ephemeral resources.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use tf_provider_protocol::proto::{self, DynamicValue};

use crate::cty::{Type, Value as CtyValue};
use crate::schema::{Attribute, Object};
use crate::{Diagnostic, Result};

/// Where to write.
#[derive(Debug)]
pub(super) struct Dump {
    folder: PathBuf,
}

impl Dump {
    /// As the environment says.
    pub(super) fn wanted() -> Option<&'static Self> {
        static WANTED: OnceLock<Option<Dump>> = OnceLock::new();
        let wanted = || {
            let folder = env::var_os(VARIABLE).filter(|folder| !folder.is_empty())?;
            Some(Self { folder: folder.into() })
        };
        WANTED.get_or_init(wanted).as_ref()
    }

    /// Writes one value. Where that fails there is a line in the log: nothing depends on it.
    pub(super) fn write(&self, name: &[&str; 3], bytes: &[u8]) {
        if let Err(error) = self.try_write(name, bytes) {
            let folder = self.folder.display();
            tracing::warn!(%folder, %error, "cannot write to the folder of {VARIABLE}");
        }
    }

    fn try_write(&self, name: &[&str; 3], bytes: &[u8]) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let name = name.join("_");
        // Operations run at the same time, in several processes.
        for later in 0..ATTEMPTS {
            match options.open(self.folder.join(format!("{}_{name}.msgpack", now + later))) {
                Ok(mut file) => return file.write_all(bytes),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// A value as anybody may read it.
pub(super) fn presentable(
    value: &DynamicValue,
    ty: &Type,
    attributes: &[Attribute],
) -> Result<Vec<u8>> {
    let value = match value.decode_value(ty)? {
        CtyValue::Object(object) => CtyValue::Object(without_secrets(attributes, object)),
        other => other,
    };
    value.to_msgpack(ty).map_err(Diagnostic::from)
}

fn without_secrets(attributes: &[Attribute], mut object: Object) -> Object {
    for attribute in attributes.iter().filter(|attribute| attribute.holds_secret()) {
        let Some(slot) = object.get_mut(attribute.name) else { continue };
        *slot = match attribute.kind.nested() {
            Some((_, nested)) if !attribute.sensitive && !attribute.write_only() => {
                inside(nested, std::mem::replace(slot, CtyValue::Null))
            }
            _ => CtyValue::Null,
        };
    }
    object
}

fn inside(attributes: &[Attribute], value: CtyValue) -> CtyValue {
    let one = |value| match value {
        CtyValue::Object(object) => CtyValue::Object(without_secrets(attributes, object)),
        // Unknown or null.
        other => other,
    };
    match value {
        CtyValue::List(elements) => CtyValue::List(elements.into_iter().map(one).collect()),
        CtyValue::Set(elements) => CtyValue::set(elements.into_iter().map(one).collect()),
        CtyValue::Map(elements) => {
            CtyValue::Map(elements.into_iter().map(|(key, value)| (key, one(value))).collect())
        }
        other => one(other),
    }
}

type Fields<'a> = Vec<(&'static str, Option<&'a DynamicValue>)>;

/// A message with values in it.
pub(super) trait Values {
    /// Those of the type that the call is about.
    fn objects(&self) -> Fields<'_> {
        vec![]
    }

    /// Those of its identity.
    fn identities(&self) -> Fields<'_> {
        vec![]
    }
}

macro_rules! values {
    ($($rpc:ident::$message:ident {
        $($field:literal: $object:ident),* $(; $($identity_field:literal: $identity:ident),*)?
    })*) => {
        $(impl Values for proto::$rpc::$message {
            fn objects(&self) -> Fields<'_> {
                vec![$(($field, self.$object.as_ref())),*]
            }

            fn identities(&self) -> Fields<'_> {
                vec![$($(($identity_field, identity(self.$identity.as_ref()))),*)?]
            }
        })*
    };
}

fn identity(data: Option<&proto::ResourceIdentityData>) -> Option<&DynamicValue> {
    data.and_then(|data| data.identity_data.as_ref())
}

values! {
    validate_provider_config::Request { "Config": config }
    configure_provider::Request { "Config": config }
    validate_resource_config::Request { "Config": config }
    validate_data_resource_config::Request { "Config": config }
    validate_list_resource_config::Request { "Config": config }
    validate_action_config::Request { "Config": config }
    read_data_source::Request { "Config": config }
    list_resource::Request { "Config": config }
    plan_action::Request { "Config": config }
    invoke_action::Request { "Config": config }
    generate_resource_config::Request { "State": state }
    read_resource::Request {
        "CurrentState": current_state;
        "CurrentIdentity": current_identity
    }
    plan_resource_change::Request {
        "PriorState": prior_state, "ProposedNewState": proposed_new_state, "Config": config;
        "PriorIdentity": prior_identity
    }
    apply_resource_change::Request {
        "PriorState": prior_state, "PlannedState": planned_state, "Config": config;
        "PlannedIdentity": planned_identity
    }
    import_resource_state::Request { ; "Identity": identity }

    upgrade_resource_state::Response { "UpgradedState": upgraded_state }
    upgrade_resource_identity::Response { ; "UpgradedIdentity": upgraded_identity }
    read_resource::Response { "NewState": new_state; "NewIdentity": new_identity }
    plan_resource_change::Response {
        "PlannedState": planned_state;
        "PlannedIdentity": planned_identity
    }
    apply_resource_change::Response { "NewState": new_state; "NewIdentity": new_identity }
    move_resource_state::Response {
        "TargetState": target_state;
        "TargetIdentity": target_identity
    }
    read_data_source::Response { "State": state }
    generate_resource_config::Response { "Config": config }
    list_resource::Event { "ResourceObject": resource_object; "Identity": identity }

    close_ephemeral_resource::Response {}
    configure_provider::Response {}
    get_functions::Response {}
    get_metadata::Response {}
    get_provider_schema::Response {}
    get_resource_identity_schemas::Response {}
    open_ephemeral_resource::Response {}
    plan_action::Response {}
    renew_ephemeral_resource::Response {}
    validate_action_config::Response {}
    validate_data_resource_config::Response {}
    validate_ephemeral_resource_config::Response {}
    validate_list_resource_config::Response {}
    validate_provider_config::Response {}
    validate_resource_config::Response {}
}

impl Values for proto::import_resource_state::Response {
    fn objects(&self) -> Fields<'_> {
        self.imported_resources.iter().map(|one| ("State", one.state.as_ref())).collect()
    }

    fn identities(&self) -> Fields<'_> {
        let imported = self.imported_resources.iter();
        imported.map(|one| ("Identity", identity(one.identity.as_ref()))).collect()
    }
}

const VARIABLE: &str = "TF_LOG_SDK_PROTO_DATA_DIR";
/// Names that are tried for one file, each a microsecond later.
const ATTEMPTS: u128 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Class, Kind, Nesting, object_type};

    fn attributes() -> Vec<Attribute> {
        let plain = Attribute::of::<String>("name", Class::Required);
        let mut token = Attribute::of::<String>("token", Class::Required);
        token.sensitive = true;
        let password = Attribute::of::<String>("password", Class::WriteOnly { version: None });
        let nested = |name, nesting, inner: &[Attribute]| {
            let mut attribute = Attribute::of::<String>(name, Class::Required);
            attribute.kind = Kind::Nested(nesting, inner.to_vec());
            attribute
        };
        let inner = [plain.clone(), token.clone()];
        let mut hidden = nested("hidden", Nesting::Single, std::slice::from_ref(&plain));
        hidden.sensitive = true;
        vec![
            nested("single", Nesting::Single, &inner),
            nested("list", Nesting::List, &inner),
            nested("map", Nesting::Map, &inner),
            nested("set", Nesting::Set, &inner),
            nested("plain", Nesting::Single, std::slice::from_ref(&plain)),
            hidden,
            plain,
            token,
            password,
        ]
    }

    #[test]
    fn what_is_secret_is_null_at_every_depth() {
        let attributes = attributes();
        let ty = object_type(&attributes);
        let text = |text: &str| CtyValue::String(text.into());
        let inner = || CtyValue::object([("name", text("n")), ("token", text("hunter2"))]);
        let plain = || CtyValue::object([("name", text("n"))]);
        let value = CtyValue::object([
            ("single", inner()),
            ("list", CtyValue::List(vec![inner(), CtyValue::unknown()])),
            ("map", CtyValue::map([("key", inner())])),
            ("set", CtyValue::set(vec![inner()])),
            ("plain", plain()),
            ("hidden", CtyValue::object([("name", text("hunter2"))])),
            ("name", text("n")),
            ("token", text("hunter2")),
            ("password", text("hunter2")),
        ]);
        let sent = DynamicValue::encode_value(&value, &ty).unwrap();
        let bytes = presentable(&sent, &ty, &attributes).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
        let bare = || CtyValue::object([("name", text("n")), ("token", CtyValue::Null)]);
        let expected = CtyValue::object([
            ("single", bare()),
            ("list", CtyValue::List(vec![bare(), CtyValue::unknown()])),
            ("map", CtyValue::map([("key", bare())])),
            ("set", CtyValue::set(vec![bare()])),
            ("plain", plain()),
            ("hidden", CtyValue::Null),
            ("name", text("n")),
            ("token", CtyValue::Null),
            ("password", CtyValue::Null),
        ]);
        assert_eq!(CtyValue::from_msgpack(&bytes, &ty).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_read_is_not_written() {
        let attributes = attributes();
        let odd = DynamicValue { msgpack: b"hunter2".to_vec(), json: vec![] };
        assert!(presentable(&odd, &object_type(&attributes), &attributes).is_err());
    }

    #[test]
    fn no_file_takes_the_place_of_another() {
        let folder = env::temp_dir().join(format!("tf-provider-dump-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let dump = Dump { folder: folder.clone() };
        for number in 0..50 {
            dump.write(&["PlanAction", "Request", "Config"], &[number]);
        }
        let files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(files.len(), 50);
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap();
            let (time, rest) = name.split_once('_').unwrap();
            assert!(time.bytes().all(|digit| digit.is_ascii_digit()), "{name}");
            assert_eq!(rest, "PlanAction_Request_Config.msgpack");
        }
    }
}
