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
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tracing::{debug, warn};

use crate::{
    Client, Error, Kind,
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
        let plain = |c: &char| !c.is_whitespace() && !matches!(c, '<' | '>' | '-' | '=');
        let owner: String = owner.chars().filter(plain).take(60).collect();
        let mut hash = Sha256::new();
        hash.update(owner.as_bytes());
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
        Some(start) if text.ends_with(CLOSE) => (text[..start].trim_end(), true),
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
    comments: String,
    done: Option<oneshot::Sender<()>>,
}

/// How long a caller has to record an object, and other objects to join it.
const DELAY: Duration = Duration::from_millis(400);
/// Objects that one request changes.
const TOGETHER: usize = 50;

impl Client {
    /// Say that an object made under a claim is recorded: a moment later its `comments` are these
    pub fn settle(&self, kind: &'static Kind, id: i64, comments: &str) {
        self.push(kind, Mark { id, comments: comments.to_owned(), done: None });
    }

    /// The same, and wait until it was tried
    pub async fn settled(&self, kind: &'static Kind, id: i64, comments: &str) {
        let (sender, receiver) = oneshot::channel();
        self.push(kind, Mark { id, comments: comments.to_owned(), done: Some(sender) });
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
            let client = self.clone();
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
            let together =
                match marks.as_slice() {
                    [_] => false,
                    several => {
                        let body = several.iter().map(|mark| json!({
                        "id": mark.id, "comments": mark.comments, "changelog_message": RECORDED,
                    }));
                        let call = Call::new(Method::PATCH, kind.path).body(body.collect());
                        self.send(&call).await.is_ok()
                    }
                };
            for mark in marks {
                if !together && let Err(error) = self.unmark_one(kind, &mark).await {
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

    async fn unmark_one(&self, kind: &Kind, mark: &Mark) -> Result<(), Error> {
        let path = kind.path_of(mark.id);
        let body = json!({ "comments": mark.comments, "changelog_message": RECORDED });
        match self.send(&Call::new(Method::PATCH, &path).body(body)).await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other.map(drop),
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

    /// An object that was begun under the claim and never recorded; each is handed out once. The change
    /// log is asked once for each claim: what this client makes itself is recorded or known.
    pub(crate) async fn begun(&self, kind: &'static Kind, claim: &Claim) -> Option<i64> {
        let mut orphans = self.inner.orphans.0.lock().await;
        if !orphans.contains_key(claim.hash()) {
            let mut begun = vec![];
            match self.made_under(kind, &claim.words()).await {
                Ok(ids) => {
                    for chunk in ids.chunks(TOGETHER * 2) {
                        let reads = chunk.iter().map(|id| {
                            let client = self.clone();
                            let id = *id;
                            tokio::spawn(async move { client.read_batched(kind, id).await })
                        });
                        for read in reads.collect::<Vec<_>>() {
                            let Ok(Ok(Some(object))) = read.await else { continue };
                            if claim.is_on(&object.text("comments").unwrap_or_default()) {
                                begun.push(object.id());
                            }
                        }
                    }
                }
                Err(error) => {
                    warn!(%error, "the change log cannot be searched for what was begun before");
                }
            }
            debug!(?begun, claim = claim.hash(), "looked for what was begun before");
            orphans.insert(claim.hash().to_owned(), begun);
        }
        orphans.get_mut(claim.hash()).and_then(Vec::pop)
    }
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
        assert!(!claim.is_on(""));
    }

    #[test]
    fn claims_differ_by_owner_and_description() {
        let claim = |owner, parts: &[&str]| Claim::new(owner, parts.iter().copied());
        assert_eq!(claim("a", &["x", "y"]), claim("a", &["x", "y"]));
        assert_ne!(claim("a", &["x", "y"]), claim("b", &["x", "y"]));
        assert_ne!(claim("a", &["xy"]), claim("a", &["x", "y"]));
        // A message of the change log has 200 characters.
        assert!(claim(&"o".repeat(300), &[]).words().len() < 150);
    }
}
