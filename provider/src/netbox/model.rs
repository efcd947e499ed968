//! Creates, reads, changes and deletes objects of every kind.
//!
//! A resource says what is its own in [`Model`]; `resource!` writes the rest. An object is made in one
//! request with all its fields. With an `owner` it stays marked until Terraform has recorded it, so that a
//! create that was killed is taken up by the next one.

mod resource;

use std::time::Duration;

use onprem_netbox::{Claim, Error, ErrorKind, Kind, Object, Place, Query, kinds, slug, unmarked};
use tf_provider::api::{ApiChanges, ApiFields, FromApi, Json};
use tf_provider::schema::Object as Values;
use tf_provider::{
    Context, Diagnostic, Diagnostics, IdentityModel, PlanContext, Resource, ResourceModel, Result,
    Update, Value,
};

use super::NetBox;
use super::custom_fields;
use super::format::Rest;
use super::labels::{LabelsValues, Own};
pub(crate) use resource::resource;

/// What is particular to a kind of objects.
pub(crate) trait Model: Resource<Client = NetBox> + FromApi {
    /// The kind.
    const KIND: &'static Kind;

    /// Its tags and custom fields, if it can have them.
    fn labels(values: &Self::Values) -> Option<&LabelsValues> {
        let _ = values;
        None
    }

    /// Reports what is wrong with a configuration.
    fn check(config: &Self::Values, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Where to make it; takes out of the fields what is not sent there.
    fn place(plan: &Self::Plan, fields: &mut ApiFields) -> Place {
        let _ = (plan, fields);
        Place::Collection(Self::KIND)
    }

    /// Adds to an answer what follows from it.
    fn complete(fields: &mut ApiFields) {
        let _ = fields;
    }

    /// What an import id names, other than a number.
    fn key(named: &Self::Values) -> Key {
        let _ = named;
        Key::default()
    }
}

/// An object named by something else than its number.
#[derive(Debug, Default)]
pub(crate) struct Key {
    pub(crate) query: Query,
    /// Name of the VRF that it is in; any when there is none.
    pub(crate) vrf: Option<String>,
}

impl Key {
    /// The only object of that name.
    pub(crate) fn name(name: &Value<String>) -> Self {
        Self { query: Query::new().with_some("name", name.known()), vrf: None }
    }
}

/// Times that one update is tried against others who change the same object.
const TRIES: u32 = 4;
/// How long a request that makes something may go on after Ctrl-C.
const GRACE: Duration = Duration::from_secs(10);

/// Plans what the provider's default tags change.
pub(crate) fn plan<R: Model>(cx: &mut PlanContext<R>, netbox: Option<&NetBox>) -> Result<()> {
    let (Some(netbox), Some(prior), Some(planned)) = (netbox, cx.prior(), cx.planned()) else {
        return Ok(());
    };
    let (Some(prior), Some(planned)) = (R::labels(prior), R::labels(planned)) else {
        return Ok(());
    };
    let known = |set: &Value<Vec<Value<String>>>, tag: &String| {
        set.known().is_some_and(|set| set.iter().any(|one| one.known() == Some(tag)))
    };
    let lacks = netbox.default_tags.iter().any(|tag| !known(&prior.tags_all, tag));
    let own = Own::recall(cx.recall("own")?).unwrap_or_default();
    let drops = own.default_tags.difference(&netbox.default_tags);
    let drops = drops.into_iter().any(|tag| !known(&planned.tags, tag));
    if lacks || drops {
        cx.unknown("tags_all");
    }
    Ok(())
}

pub(crate) async fn create<R: Model>(
    cx: &mut Context<R>,
    netbox: &NetBox,
    plan: R::Plan,
) -> Result<R> {
    let netbox = netbox.within(cx);
    let mut fields = ApiFields::new();
    R::plan_to_api(&plan, &mut fields);
    let planned = fields.clone();
    let place = R::place(&plan, &mut fields);
    custom_fields::typed(&netbox, &mut fields).await?;
    let described =
        [R::NAME.to_owned(), format!("{place:?}"), Json::from(fields.clone()).to_string()];
    let claim = netbox.owner.as_deref();
    let claim = claim.map(|owner| Claim::new(owner, described.iter().map(String::as_str)));
    let attributes = R::attributes();
    let has = |name: &str| attributes.iter().any(|attribute| attribute.name == name);
    if has("slug") && !fields.contains_key("slug") {
        let name = fields.get("name").and_then(Json::as_str).unwrap_or_default();
        fields.insert("slug".to_owned(), slug(name).into());
    }
    let own = Own::default().after(&planned, cx.config().and_then(R::labels), &netbox.default_tags);
    if has("tags") {
        let tags = own.tags.union(&own.default_tags).map(String::as_str);
        fields.insert("tags".to_owned(), tags.collect());
    }

    let mut made = None;
    let outcome = {
        let _section = cx.critical();
        let note = |object: &Object| {
            made = Some(object.id());
            if let Ok(identity) = identity_of::<R>(object.id()) {
                cx.created(&identity);
            }
        };
        let stop = cx.stop().clone();
        tokio::select! {
            made = netbox.create_noting(place, fields, claim.as_ref(), note) => made.map_err(Diagnostic::from),
            () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => {
                Err(Diagnostic::error("Stopped while NetBox made the object")
                    .hint("apply again to go on; look at NetBox's change log for what it made"))
            }
        }
    };
    own.remember(cx)?;
    if let (Some(id), true) = (made, claim.is_some() && R::KIND.comments) {
        // Terraform records the object as soon as this function ends.
        netbox.settle(R::KIND, id);
    }
    state::<R>(&outcome?, &own, planned.get("custom_fields"))
}

pub(crate) async fn read<R: Model>(
    cx: &mut Context<R>,
    netbox: &NetBox,
    identity: R::Identity,
) -> Result<Option<R>> {
    let netbox = netbox.within(cx);
    let id = number_of(&identity)?;
    let Some(object) = netbox.objects(R::KIND).read(id).await? else { return Ok(None) };
    if unmarked(&object.text("comments").unwrap_or_default()).1 && !cx.listed() {
        // It is recorded; whoever made it was killed before saying so. Left to a later change, the mark
        // would let the next creation of the same take the object for its own. What a listing shows, on
        // the other hand, may wait to be taken up.
        netbox.settled(R::KIND, id).await;
    }
    let own = match Own::of(cx)? {
        Some(own) => own,
        None => {
            let own = Own::adopt(&object, &netbox.default_tags);
            own.remember(cx)?;
            own
        }
    };
    state(&object, &own, known_custom_fields::<R>(cx.prior()).as_ref()).map(Some)
}

pub(crate) async fn find<R: Model>(
    cx: &mut Context<R>,
    netbox: &NetBox,
) -> Result<Option<R::Identity>> {
    let netbox = netbox.within(cx);
    let Some(Key { mut query, vrf }) = cx.prior().map(R::key) else { return Ok(None) };
    if let Some(name) = vrf {
        let vrfs = netbox.objects(&kinds::VRF).list(&Query::new().with("name", &name)).await?;
        let Some(vrf) = only(&kinds::VRF, vrfs, &name)? else {
            return Err(Diagnostic::error(format!("There is no VRF `{name}`")));
        };
        query = query.with("vrf_id", vrf.id());
    }
    let found = netbox.objects(R::KIND).list(&query).await?;
    let found = only(R::KIND, found, "what the import id says")?;
    found.map(|object| identity_of::<R>(object.id())).transpose()
}

pub(crate) async fn update<R: Model>(
    cx: &mut Context<R>,
    netbox: &NetBox,
    identity: R::Identity,
    update: Update<R>,
) -> Result<R> {
    let netbox = netbox.within(cx);
    let id = number_of(&identity)?;
    let Update { plan, changes, .. } = update;
    let (mut planned, mut changed) = (ApiFields::new(), ApiChanges::new());
    R::plan_to_api(&plan, &mut planned);
    R::changes_to_api(&changes, &mut changed);
    let value = |(name, value): (String, Option<Json>)| {
        // What left the configuration becomes what its absence means.
        let value = value.or_else(|| planned.get(&name).cloned()).unwrap_or_default();
        (name, value)
    };
    let mut fields: ApiFields = changed.into_iter().map(value).collect();
    custom_fields::typed(&netbox, &mut fields).await?;
    let own = Own::of(cx)?.unwrap_or_default();
    let after = own.after(&planned, cx.config().and_then(R::labels), &netbox.default_tags);
    if cx.config().and_then(R::labels).is_some() {
        own.changes(&mut fields, &after);
    }
    if fields.contains_key("add_tags") {
        // Which version it is decides how tags are changed.
        netbox.version().await?;
    }
    let known = planned.get("custom_fields").cloned();
    let prior = known_custom_fields::<R>(cx.prior());
    let objects = netbox.objects(R::KIND);
    for tries in 1..=TRIES {
        let fresh = match objects.get(id).await {
            Err(error) if error.is_not_found() => return Err(gone(R::KIND, id)),
            other => other?,
        };
        let moved = cx.moved(&state::<R>(&fresh, &own, prior.as_ref())?);
        if let Some(path) = moved.first() {
            let names: Vec<String> = moved.iter().map(|path| format!("`{path}`")).collect();
            return Err(Diagnostic::error(format!("Somebody else changed {} {id}", R::KIND.noun))
                .detail(format!("Since the plan was made, {} changed in NetBox.", names.join(", ")))
                .hint("plan again, and look at what the other change was")
                .at(path.clone()));
        }
        match objects.update(&fresh, fields.clone()).await {
            Err(error) if *error.kind() == ErrorKind::Conflict && tries < TRIES => {
                tracing::debug!(%error, "reading again");
            }
            other => {
                let object = other?;
                after.remember(cx)?;
                return state(&object, &after, known.as_ref());
            }
        }
    }
    Err(gone(R::KIND, id))
}

pub(crate) async fn delete<R: Model>(
    cx: &mut Context<R>,
    netbox: &NetBox,
    identity: R::Identity,
) -> Result<()> {
    let netbox = netbox.within(cx);
    Ok(netbox.objects(R::KIND).delete(number_of(&identity)?).await?)
}

/// The object as its resource describes it.
fn state<R: Model>(object: &Object, own: &Own, known: Option<&Json>) -> Result<R> {
    let mut fields = object.fields().clone();
    if let (text, true) = unmarked(&object.text("comments").unwrap_or_default()) {
        fields.insert("comments".to_owned(), text.into());
    }
    own.pick(object, known, &mut fields);
    R::complete(&mut fields);
    Ok(R::from_api::<Rest>(&fields)?)
}

/// The custom fields that the state has, for their spelling.
fn known_custom_fields<R: Model>(prior: Option<&R::Values>) -> Option<Json> {
    let labels = R::labels(prior?)?;
    labels.custom_fields.known().map(tf_provider::Dynamic::to_json)
}

/// The only one of several; none when there is none.
pub(crate) fn only(kind: &Kind, mut found: Vec<Object>, what: &str) -> Result<Option<Object>> {
    if found.len() < 2 {
        return Ok(found.pop());
    }
    let list = found.iter().take(10).map(|one| {
        let vrf = one.get("vrf")["name"].as_str().map(|vrf| format!(" in VRF {vrf}"));
        let name = one.text("display").or_else(|| one.text("name")).unwrap_or_default();
        format!("{} ({name}{})", one.id(), vrf.unwrap_or_default())
    });
    let list: Vec<String> = list.collect();
    Err(Diagnostic::error(format!("{} objects are `{what}`", found.len()))
        .detail(format!("There are several {}s: {}.", kind.noun, list.join(", ")))
        .hint("name the one that you mean by its number"))
}

fn gone(kind: &Kind, id: i64) -> Diagnostic {
    Diagnostic::error(format!("{} {id} has gone", kind.noun)).hint("apply again")
}

/// The identity of every resource here is the number.
pub(crate) fn identity_of<R: ResourceModel>(id: i64) -> Result<R::Identity> {
    R::Identity::from_object(&Values::from([("id".to_owned(), id.into())]))
}

fn number_of(identity: &impl IdentityModel) -> Result<i64, Error> {
    let id = identity.to_object().get("id").and_then(|id| id.as_number()?.as_i64());
    Ok(id.unwrap_or_default())
}
