//! How something that was begun and never recorded is found again.
//!
//! A process that is killed while the server makes an object learns no number. So what is made under a
//! [`Claim`] carries it twice from its first moment on: in the change log, which can be searched, and as
//! a comment at the end of the object's `comments`, which is taken away once the caller has recorded the
//! object ([`Client::settle`]). An object with the comment that nobody recorded is taken up by the next
//! creation under the same claim; one without it is finished, and never taken.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use onprem_http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tracing::{debug, warn};

use crate::{
    Client, Error, ErrorKind, Kind, Object, Query,
    call::{Call, query},
};

const OPEN: &str = "<!-- onprem:creating ";
const CLOSE: &str = " -->";

/// Who makes what: one owner and one description, as a hash
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    owner: String,
    hash: String,
}

impl Claim {
    /// The claim of `owner` to something that `description` tells from what it makes otherwise
    pub fn new<'a>(owner: &str, description: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        // All of it: what people read of it below is the same for `team-a` and `teama`.
        hash.update(owner.as_bytes());
        let plain = |c: &char| !c.is_whitespace() && !matches!(c, '<' | '>' | '-' | '=');
        let owner: String = owner.chars().filter(plain).take(60).collect();
        for part in description {
            hash.update([0]);
            hash.update(part.as_bytes());
        }
        Self { owner, hash: hex::encode(&hash.finalize()[..16]) }
    }

    /// What the change log can be searched for
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// The words of the claim in the change log.
    pub(crate) fn words(&self) -> String {
        format!("owner={} claim={}", self.owner, self.hash)
    }

    /// The comments of an object until it is recorded
    pub(crate) fn mark(&self, comments: &str) -> String {
        let mark = format!("{OPEN}{}{CLOSE}", self.words());
        if comments.is_empty() { mark } else { format!("{comments}\n\n{mark}") }
    }

    /// Whether an object that was begun under it has not been recorded
    pub(crate) fn is_on(&self, comments: &str) -> bool {
        comments.trim_end().ends_with(&format!("{OPEN}{}{CLOSE}", self.words()))
    }
}

/// Comments without the mark of a claim, and whether there was one
pub fn unmarked(comments: &str) -> (&str, bool) {
    let text = comments.trim_end();
    match text.rfind(OPEN) {
        Some(start) if text[start..].find(CLOSE) == Some(text.len() - start - CLOSE.len()) => {
            (text[..start].trim_end(), true)
        }
        _ => (comments, false),
    }
}

/// Marks that are about to be taken away
#[derive(Default)]
pub(crate) struct Marks(Mutex<HashMap<&'static str, (&'static Kind, Vec<Mark>)>>);

/// What earlier clients began and nobody recorded, by claim
#[derive(Default)]
pub(crate) struct Orphans(tokio::sync::Mutex<HashMap<String, Vec<i64>>>);

struct Mark {
    id: i64,
    done: Option<oneshot::Sender<()>>,
}

/// How long a caller has to record an object, and other objects to join it.
const DELAY: Duration = Duration::from_millis(400);
/// Objects that one request changes.
const TOGETHER: usize = 50;

impl Client {
    /// Say that an object made under a claim is recorded: a moment later its mark is gone
    pub fn settle(&self, kind: &'static Kind, id: i64) {
        self.push(kind, Mark { id, done: None });
    }

    /// The same, and wait until it was tried
    pub async fn settled(&self, kind: &'static Kind, id: i64) {
        let (sender, receiver) = oneshot::channel();
        self.push(kind, Mark { id, done: Some(sender) });
        let _ = receiver.await;
    }

    /// Do at once what [`settle`](Self::settle) put off
    pub async fn flush(&self) {
        let all = std::mem::take(&mut *self.marks());
        for (kind, marks) in all.into_values() {
            self.unmark(kind, marks).await;
        }
    }

    fn marks(
        &self,
    ) -> std::sync::MutexGuard<'_, HashMap<&'static str, (&'static Kind, Vec<Mark>)>> {
        self.inner.marks.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, kind: &'static Kind, mark: Mark) {
        let mut marks = self.marks();
        let (_, waiting) = marks.entry(kind.path).or_insert((kind, vec![]));
        waiting.push(mark);
        if waiting.len() == 1 {
            // Marks outlive the operation that made them, and its time.
            let client = self.without_deadline();
            tokio::spawn(async move {
                tokio::time::sleep(DELAY).await;
                let mine = client.marks().remove(kind.path);
                if let Some((kind, marks)) = mine {
                    client.unmark(kind, marks).await;
                }
            });
        }
    }

    /// Take marks away: together, or one by one where together fails. What stays marked does no harm
    /// until its object is missing in the caller's records.
    async fn unmark(&self, kind: &'static Kind, mut marks: Vec<Mark>) {
        while !marks.is_empty() {
            let rest = marks.split_off(marks.len().min(TOGETHER));
            let together = marks.len() > 1 && self.unmark_together(kind, &marks).await.is_ok();
            for mark in marks {
                if !together && let Err(error) = self.unmark_one(kind, mark.id).await {
                    warn!(%error, kind = kind.noun, id = mark.id, "the mark of its creation stays");
                }
                if let Some(done) = mark.done {
                    let _ = done.send(());
                }
            }
            marks = rest;
        }
        self.inner.reads.forget(kind);
    }

    async fn unmark_together(&self, kind: &'static Kind, marks: &[Mark]) -> Result<(), Error> {
        let query = Query::of_ids(marks.iter().map(|mark| mark.id));
        let found = self.objects(kind).list(&query).await?;
        let body: Value = found
            .iter()
            .filter_map(|object| {
                let comments = without_mark(object)?;
                let id = object.id();
                Some(json!({ "id": id, "comments": comments, "changelog_message": RECORDED }))
            })
            .collect();
        if body.as_array().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        self.send(&Call::new(Method::PATCH, kind.path).body(body)).await.map(drop)
    }

    /// Takes away the mark, and leaves alone what somebody else wrote before it.
    async fn unmark_one(&self, kind: &'static Kind, id: i64) -> Result<(), Error> {
        let path = kind.path_of(id);
        let mut tries = 3;
        loop {
            let object = match self.objects(kind).get(id).await {
                Err(error) if error.is_not_found() => return Ok(()),
                object => object?,
            };
            let Some(comments) = without_mark(&object) else { return Ok(()) };
            let body = json!({ "comments": comments, "changelog_message": RECORDED });
            let call = Call::new(Method::PATCH, &path).etag(object.etag()).body(body);
            tries -= 1;
            match self.send(&call).await {
                Err(error) if error.is_not_found() => return Ok(()),
                Err(error) if *error.kind() == ErrorKind::Conflict && tries > 0 => {}
                other => return other.map(drop),
            }
        }
    }

    /// The object that was made under these words of the change log, if there is one
    pub(crate) async fn made_under(&self, kind: &Kind, words: &str) -> Result<Vec<i64>, Error> {
        let mut found = vec![];
        let first = query([
            ("action", "create"),
            ("changed_object_type", kind.type_name),
            ("limit", "250"),
            ("ordering", "id"),
            ("q", words),
        ]);
        let mut next = Some(first);
        while let Some(query) = next {
            let answer = self.send(&Call::get(CHANGES).query(query.clone())).await?;
            let entries = answer.body["results"].as_array();
            for entry in entries.into_iter().flatten() {
                let message = entry["message"].as_str().unwrap_or_default();
                // Words stand between blanks: `at=x/1` is not `at=x/12`.
                let ours = format!(" {message} ").contains(&format!(" {words} "));
                let same_type = entry["changed_object_type"].as_str() == Some(kind.type_name);
                if ours && same_type && crate::text(&entry["action"]).as_deref() == Some("create") {
                    found.extend(crate::integer(&entry["changed_object_id"]));
                }
            }
            let link = answer.body["next"].as_str();
            next = link.and_then(|link| link.split_once('?')).map(|(_, query)| query.to_owned());
            if next.as_deref() == Some(query.as_str()) || found.len() > 100_000 {
                break;
            }
        }
        Ok(found)
    }

    /// An object that was begun under the claim and never recorded; each is handed out once.
    pub(crate) async fn begun(
        &self,
        kind: &'static Kind,
        claim: &Claim,
    ) -> Result<Option<Object>, Error> {
        while let Some(id) = self.next_begun(kind, claim).await? {
            // Since the search whoever made it may have recorded it after all, or deleted it.
            match self.objects(kind).get(id).await {
                Ok(object) if is_begun(&object, claim) => return Ok(Some(object)),
                Ok(_) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The change log is asked once for each claim: what this client makes itself is recorded or known.
    async fn next_begun(&self, kind: &'static Kind, claim: &Claim) -> Result<Option<i64>, Error> {
        let mut orphans = self.inner.orphans.0.lock().await;
        if !orphans.contains_key(claim.hash()) {
            let begun = match self.search_begun(kind, claim).await {
                Err(error) if *error.kind() == ErrorKind::Forbidden => {
                    warn!(%error, "the change log cannot be searched for what was begun before");
                    vec![]
                }
                begun => begun?,
            };
            debug!(?begun, claim = claim.hash(), "looked for what was begun before");
            orphans.insert(claim.hash().to_owned(), begun);
        }
        Ok(orphans.get_mut(claim.hash()).and_then(Vec::pop))
    }

    async fn search_begun(&self, kind: &'static Kind, claim: &Claim) -> Result<Vec<i64>, Error> {
        let made = self.made_under(kind, &claim.words()).await?;
        let mut begun = vec![];
        for ids in made.chunks(TOGETHER * 2) {
            let found = self.objects(kind).list(&Query::of_ids(ids.iter().copied())).await?;
            begun.extend(found.iter().filter(|one| is_begun(one, claim)).map(Object::id));
        }
        Ok(begun)
    }
}

fn is_begun(object: &Object, claim: &Claim) -> bool {
    claim.is_on(&object.text("comments").unwrap_or_default())
}

/// The comments of an object without its mark; nothing where it has none.
fn without_mark(object: &Object) -> Option<String> {
    let comments = object.text("comments").unwrap_or_default();
    let (text, marked) = unmarked(&comments);
    marked.then(|| text.to_owned())
}

const CHANGES: &str = "/api/core/object-changes/";
const RECORDED: &str = "onprem recorded";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_off_again() {
        let claim = Claim::new("prod <x>", ["ip_address", "prefix 5"]);
        for comments in ["", "Reserved for\nthe core."] {
            let marked = claim.mark(comments);
            assert!(claim.is_on(&marked));
            assert_eq!(unmarked(&marked), (comments, true));
        }
        assert_eq!(unmarked("<!-- a user's own -->"), ("<!-- a user's own -->", false));
        // Somebody wrote on behind the mark: that is not cut off with it.
        let more = format!("{}\nin use <!-- since May -->", claim.mark(""));
        assert_eq!(unmarked(&more), (more.as_str(), false));
        assert!(!claim.is_on(""));
    }

    #[test]
    fn claims_differ_by_owner_and_description() {
        let claim = |owner, parts: &[&str]| Claim::new(owner, parts.iter().copied());
        assert_eq!(claim("a", &["x", "y"]), claim("a", &["x", "y"]));
        assert_ne!(claim("a", &["x", "y"]), claim("b", &["x", "y"]));
        assert_ne!(claim("a", &["xy"]), claim("a", &["x", "y"]));
        assert_ne!(claim("team-a", &["x"]).hash(), claim("teama", &["x"]).hash());
        // A message of the change log has 200 characters.
        assert!(claim(&"o".repeat(300), &[]).words().len() < 150);
    }
}
