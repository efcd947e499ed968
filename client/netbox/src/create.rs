//! Making objects: given ones, and the next free one of a prefix or range.
//!
//! The server picks a free address and stores it with all its fields in one request. That request is
//! never blindly sent again: it carries a text of its own in the change log, which is looked up when no
//! answer came.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use onprem_http::{AfterLoss, Method, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;
use tracing::info;

use crate::{
    Claim, Client, Error, ErrorKind, Fields, Kind, Object, Query, Version, call::Call, claim,
    compare, kinds, object::reference, objects::tags,
};

/// Where an object is made
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Place {
    /// The next free address of the prefix with this number
    AddressOfPrefix(i64),
    /// The next free address of the range with this number
    AddressOfRange(i64),
    /// The collection: the fields say everything
    Collection(&'static Kind),
    /// The next free network of `prefix_length` in the prefix with this number
    PrefixOfPrefix(i64),
}

impl Place {
    /// The kind of what is made there
    pub fn kind(&self) -> &'static Kind {
        match self {
            Self::AddressOfPrefix(_) | Self::AddressOfRange(_) => &kinds::IP_ADDRESS,
            Self::Collection(kind) => kind,
            Self::PrefixOfPrefix(_) => &kinds::PREFIX,
        }
    }

    fn path(&self) -> String {
        match self {
            Self::AddressOfPrefix(id) => format!("{}available-ips/", kinds::PREFIX.path_of(*id)),
            Self::AddressOfRange(id) => format!("{}available-ips/", kinds::IP_RANGE.path_of(*id)),
            Self::Collection(kind) => kind.path.to_owned(),
            Self::PrefixOfPrefix(id) => {
                format!("{}available-prefixes/", kinds::PREFIX.path_of(*id))
            }
        }
    }

    /// What it is carved out of
    fn parent(&self) -> Option<(&'static Kind, i64)> {
        match self {
            Self::AddressOfPrefix(id) | Self::PrefixOfPrefix(id) => Some((&kinds::PREFIX, *id)),
            Self::AddressOfRange(id) => Some((&kinds::IP_RANGE, *id)),
            Self::Collection(_) => None,
        }
    }
}

/// What a client remembers of what it makes
pub(crate) struct Creates {
    /// Tells this client's requests from all others
    run: OnceLock<String>,
    count: AtomicU64,
    /// The server takes them one after the other: more would only hold up everybody else
    allocations: Semaphore,
}

impl Default for Creates {
    fn default() -> Self {
        Self { run: OnceLock::new(), count: AtomicU64::new(0), allocations: Semaphore::new(4) }
    }
}

impl Creates {
    fn next(&self) -> String {
        let run =
            self.run.get_or_init(|| uuid::Uuid::new_v4().simple().to_string()[..12].to_owned());
        format!("at={run}/{}", self.count.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Client {
    /// Make an object of these fields; `tags` are names
    ///
    /// Under a claim, an object that an earlier client began and nobody recorded is taken up instead, and
    /// what is made stays marked until [`settle`](Self::settle). That takes NetBox 4.4, and a kind with
    /// `comments`; without them the claim is ignored.
    ///
    /// # Errors
    /// Any failure of a request, `Exhausted` when nothing is free, `Duplicate` when another object has
    /// what must be unique, and a field that the server did not store.
    pub async fn create(
        &self,
        place: Place,
        fields: Fields,
        claim: Option<&Claim>,
    ) -> Result<Object, Error> {
        self.create_noting(place, fields, claim, |_| {}).await
    }

    /// The same; `note` hears of the object as soon as the server has it
    ///
    /// # Errors
    /// As [`create`](Self::create); after `note` the object is there all the same.
    pub async fn create_noting(
        &self,
        place: Place,
        mut fields: Fields,
        claim: Option<&Claim>,
        note: impl FnOnce(&Object),
    ) -> Result<Object, Error> {
        let kind = place.kind();
        let claim = match claim.filter(|_| kind.comments) {
            Some(claim) if self.version().await? >= Version::CHANGELOG_MESSAGE => Some(claim),
            _ => None,
        };
        if let Some(claim) = claim
            && let Some(object) = self.begun(kind, claim).await?
        {
            info!(kind = kind.noun, id = object.id(), "taking up what was begun before");
            note(&object);
            // The mark stays until it is recorded.
            fields.retain(|field, _| field != "comments" && field != "prefix_length");
            if let Some(names) = fields.remove("tags") {
                fields.insert("add_tags".to_owned(), names);
            }
            return Ok(clean(self.objects(kind).update(&object, fields).await?));
        }
        self.check_vrf(place, &fields).await?;
        let twins = self.twins(place, &fields).await?;
        let sent = self.prepare(fields, claim);
        let object = self.post(place, sent.clone()).await?;
        self.inner.reads.forget(kind);
        // Of two that were made at the same time the older one stays: nobody has recorded ours.
        if let Some(before) = twins
            && let Err(error) = self.yield_to_twin(place, &sent, &object, &before).await
        {
            // Unless it was deleted, nobody else knows of ours.
            if !matches!(error.kind(), ErrorKind::Duplicate(_)) {
                note(&object);
            }
            return Err(error);
        }
        note(&object);
        compare::stored(&sent, &object, self.noted_version())?;
        Ok(clean(object))
    }

    /// Take back a prefix whose twin is older than it.
    async fn yield_to_twin(
        &self,
        place: Place,
        sent: &Fields,
        object: &Object,
        before: &[i64],
    ) -> Result<(), Error> {
        let now = self.twins(place, sent).await?.unwrap_or_default();
        let Some(older) = now.iter().find(|id| **id < object.id() && !before.contains(id)) else {
            return Ok(());
        };
        let kind = place.kind();
        self.objects(kind).delete(object.id()).await?;
        let text = format!(
            "somebody else made the same {} at the same time; theirs has the number {older} and stays, \
             ours was deleted",
            kind.noun
        );
        Err(Error::new(ErrorKind::Duplicate(std::collections::BTreeMap::new()), text))
    }

    /// The body of a creation.
    fn prepare(&self, mut fields: Fields, claim: Option<&Claim>) -> Fields {
        let mut message = "onprem".to_owned();
        if let Some(claim) = claim {
            message = format!("{message} {}", claim.words());
            let comments = fields.get("comments").and_then(Value::as_str).unwrap_or_default();
            let comments = claim.mark(comments);
            fields.insert("comments".to_owned(), comments.into());
        }
        if let Some(Value::Array(names)) = fields.remove("tags") {
            let names = names.iter().filter_map(Value::as_str).map(str::to_owned);
            fields.insert("tags".to_owned(), tags(names));
        }
        let message = format!("{message} {}", self.inner.creates.next());
        fields.insert("changelog_message".to_owned(), message.into());
        fields
    }

    async fn post(&self, place: Place, fields: Fields) -> Result<Object, Error> {
        let kind = place.kind();
        let path = place.path();
        let words = fields["changelog_message"].as_str().unwrap_or_default();
        let words = words.rsplit(' ').next().unwrap_or_default().to_owned();
        let found = Mutex::new(None);
        let check = async |error: onprem_http::Error| {
            // A proxy that waits no longer says 504, while the server still goes on.
            let gateway = Some(StatusCode::GATEWAY_TIMEOUT);
            let unclear = matches!(error.kind(), onprem_http::ErrorKind::Timeout(_))
                || error.status().map(|status| status.code) == gateway;
            match self.look_up(kind, &words).await {
                Ok(Some(id)) => {
                    *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
                    AfterLoss::Stop
                }
                // A request that nobody answered may still wait for its turn.
                Ok(None) if !unclear => AfterLoss::Resend,
                _ => AfterLoss::Stop,
            }
        };
        let permit = match place {
            Place::Collection(_) => None,
            _ => self.inner.creates.allocations.acquire().await.ok(),
        };
        let call = Call::new(Method::POST, &path).fields(fields.clone());
        let outcome = self.send_checked(&call, check).await;
        drop(permit);
        let answer = match outcome {
            Ok(answer) => answer,
            Err(error) => {
                let made = *found.lock().unwrap_or_else(PoisonError::into_inner);
                return match made {
                    Some(id) => self.objects(kind).get(id).await,
                    None => Err(error),
                };
            }
        };
        // A list of one, where a version answers so.
        let body = match answer.body {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            body => body,
        };
        Object::new(body, answer.etag).map_err(|error| error.with_request(answer.context))
    }

    /// Look in the change log for what a request without an answer made; nothing when it made nothing.
    ///
    /// # Errors
    /// Nobody can tell: the change log cannot be read, or this version writes no messages.
    async fn look_up(&self, kind: &'static Kind, words: &str) -> Result<Option<i64>, Error> {
        if self.version().await? < Version::CHANGELOG_MESSAGE {
            return Err(Error::new(ErrorKind::Unsupported, "no messages in the change log"));
        }
        let end = tokio::time::Instant::now() + self.inner.patience;
        loop {
            if let Some(id) = self.made_under(kind, words).await?.first() {
                return Ok(Some(*id));
            }
            if tokio::time::Instant::now() >= end {
                return Ok(None);
            }
            tokio::time::sleep((self.inner.patience / 10).max(Duration::from_millis(1))).await;
        }
    }

    /// What is carved out of a parent lies in the parent's VRF, whatever is asked for.
    async fn check_vrf(&self, place: Place, fields: &Fields) -> Result<(), Error> {
        let (Some(vrf), Some((kind, id))) = (fields.get("vrf"), place.parent()) else {
            return Ok(());
        };
        let parent = self.objects(kind).get(id).await?;
        if parent.reference("vrf") == reference(vrf) {
            return Ok(());
        }
        let name =
            |vrf: Option<i64>| vrf.map_or_else(|| "no VRF".to_owned(), |id| format!("VRF {id}"));
        let text = format!(
            "{} {id} is in {}, and what is taken from it cannot be in {}",
            kind.noun,
            name(parent.reference("vrf")),
            name(reference(vrf))
        );
        Err(Error::new(
            ErrorKind::Invalid([("vrf".to_owned(), text)].into()),
            "the VRF is another one",
        ))
    }

    /// Equal prefixes that there are, where a prefix is given: the server does not lock them.
    async fn twins(&self, place: Place, fields: &Fields) -> Result<Option<Vec<i64>>, Error> {
        let Place::Collection(kind) = place else { return Ok(None) };
        let (true, Some(prefix)) = (kind.path == kinds::PREFIX.path, fields.get("prefix")) else {
            return Ok(None);
        };
        let vrf = fields.get("vrf").and_then(reference);
        let vrf = vrf.map_or_else(|| "null".to_owned(), |id| id.to_string());
        let prefix = prefix.as_str().unwrap_or_default();
        let query = Query::new().with("prefix", prefix).with("vrf_id", vrf);
        let found = self.objects(kind).list(&query).await?;
        Ok(Some(found.iter().map(Object::id).collect()))
    }
}

/// The object as its maker described it.
fn clean(mut object: Object) -> Object {
    let comments = object.text("comments").unwrap_or_default();
    if let (text, true) = claim::unmarked(&comments) {
        let text = text.to_owned();
        object.set("comments", text.into());
    }
    object
}
