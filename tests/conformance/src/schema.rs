//! Schemas as core reads them off the wire.

use std::collections::BTreeMap;

use tf_provider::cty::Type;
use tf_provider_protocol::proto;

/// The schema of a resource, data source or provider block.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Schema {
    /// Version of the stored state.
    pub version: i64,
    /// Attributes and blocks.
    pub block: Block,
    /// What it is.
    pub description: String,
}

/// Attributes, and the blocks among them.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Block {
    /// The attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The blocks, by name.
    pub blocks: BTreeMap<String, NestedBlock>,
}

/// One attribute.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the protocol's own flags")]
pub struct Attribute {
    /// What it is.
    pub description: String,
    /// Its type, or the attributes nested in it.
    pub kind: Kind,
    /// Must be configured.
    pub required: bool,
    /// May be configured.
    pub optional: bool,
    /// May be filled by the provider.
    pub computed: bool,
    /// Hidden in output.
    pub sensitive: bool,
    /// Never stored.
    pub write_only: bool,
    /// Not to be used any more.
    pub deprecated: bool,
}

/// The type of an attribute, or the attributes nested in it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the protocol knows exactly these")]
pub enum Kind {
    /// A type.
    Plain(Type),
    /// Attributes.
    Nested(Nesting, BTreeMap<String, Attribute>),
}

/// A kind of block inside another.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NestedBlock {
    /// How it repeats.
    pub nesting: Nesting,
    /// What is in it.
    pub block: Block,
    /// Whether the provider says how many there are, and a configuration has none.
    pub computed: bool,
}

/// How something nested repeats.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol knows exactly these")]
pub enum Nesting {
    /// One object, or none.
    Single,
    /// One object, always.
    Group,
    /// Objects in order.
    List,
    /// Objects by key.
    Map,
    /// Objects without order.
    Set,
}

impl Nesting {
    fn ty(self, object: Type) -> Type {
        match self {
            Self::Single | Self::Group => object,
            Self::List => Type::list(object),
            Self::Map => Type::map(object),
            Self::Set => Type::set(object),
        }
    }
}

impl Schema {
    /// Reads it; nothing when it is too broken to be read, which the check of schemas reports.
    pub(crate) fn read(schema: &proto::Schema) -> Option<Self> {
        let block = schema.block.as_ref()?;
        Some(Self {
            version: schema.version,
            block: Block::read(block)?,
            description: block.description.clone(),
        })
    }

    /// The type of the whole object.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.block.ty()
    }
}

impl Block {
    fn read(block: &proto::schema::Block) -> Option<Self> {
        let attributes = read_attributes(&block.attributes)?;
        let blocks = block.block_types.iter().map(|nested| {
            use proto::schema::nested_block::NestingMode;
            let nesting = match nested.nesting() {
                NestingMode::Invalid => return None,
                NestingMode::Single => Nesting::Single,
                NestingMode::List => Nesting::List,
                NestingMode::Set => Nesting::Set,
                NestingMode::Map => Nesting::Map,
                NestingMode::Group => Nesting::Group,
            };
            let inner = nested.block.as_ref()?;
            let (block, computed) = (Self::read(inner)?, inner.computed);
            Some((nested.type_name.clone(), NestedBlock { nesting, block, computed }))
        });
        Some(Self { attributes, blocks: blocks.collect::<Option<_>>()? })
    }

    /// The type of the object.
    #[must_use]
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter().map(|(name, a)| (name.clone(), a.kind.ty()));
        let blocks = self.blocks.iter().map(|(name, b)| (name.clone(), b.nesting.ty(b.block.ty())));
        Type::object(attributes.chain(blocks))
    }
}

fn read_attributes(attributes: &[proto::schema::Attribute]) -> Option<BTreeMap<String, Attribute>> {
    let read = |attribute: &proto::schema::Attribute| {
        let kind = match &attribute.nested_type {
            None => Kind::Plain(Type::from_json_bytes(&attribute.r#type).ok()?),
            Some(nested) => {
                use proto::schema::object::NestingMode;
                let nesting = match nested.nesting() {
                    NestingMode::Invalid => return None,
                    NestingMode::Single => Nesting::Single,
                    NestingMode::List => Nesting::List,
                    NestingMode::Set => Nesting::Set,
                    NestingMode::Map => Nesting::Map,
                };
                Kind::Nested(nesting, read_attributes(&nested.attributes)?)
            }
        };
        let read = Attribute {
            description: attribute.description.clone(),
            kind,
            required: attribute.required,
            optional: attribute.optional,
            computed: attribute.computed,
            sensitive: attribute.sensitive,
            write_only: attribute.write_only,
            deprecated: attribute.deprecated,
        };
        Some((attribute.name.clone(), read))
    };
    attributes.iter().map(read).collect()
}

impl Kind {
    /// The value type.
    #[must_use]
    pub fn ty(&self) -> Type {
        match self {
            Self::Plain(ty) => ty.clone(),
            Self::Nested(nesting, attributes) => {
                let attributes = attributes.iter().map(|(name, a)| (name.clone(), a.kind.ty()));
                nesting.ty(Type::object(attributes))
            }
        }
    }
}
