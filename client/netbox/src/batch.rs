//! Reads that come together go together.
//!
//! A single read waits some milliseconds for others of its kind; then they share one request of the form
//! `?id=1&id=2`. Where many come in a short while, but few at a time, it is worth while to read
//! everything between the numbers that were asked for so far, as long as that is not too much.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use tracing::debug;

use crate::{Client, Error, ErrorKind, Kind, Object, Query};

/// How long a read waits for company.
const WINDOW: Duration = Duration::from_millis(5);
/// Numbers in one query, which stays far under 8 kB.
const TOGETHER: usize = 100;
/// How long what was read ahead may answer for the server.
const FRESH: Duration = Duration::from_secs(10);
/// Reads after which reading ahead is considered.
const MANY: usize = 24;
/// Objects that are read ahead for each one that was asked for.
const AHEAD: usize = 60;

/// Reads that are waiting, by the path of their kind
#[derive(Default)]
pub(crate) struct Reads(Mutex<HashMap<&'static str, Lane>>);

type Waiting = oneshot::Sender<Result<Option<Object>, Error>>;

/// The reads of one kind.
#[derive(Default)]
struct Lane {
    waiting: BTreeMap<i64, Vec<Waiting>>,
    /// Numbers that were asked for in this burst and not read ahead.
    asked: BTreeSet<i64>,
    /// How many of them it takes before reading ahead is tried; more after it was in vain.
    many: Option<usize>,
    last: Option<Instant>,
    ahead: Option<Ahead>,
}

/// What was read before anybody asked for it.
struct Ahead {
    objects: HashMap<i64, Object>,
    at: Instant,
}

impl Reads {
    fn lanes(&self) -> MutexGuard<'_, HashMap<&'static str, Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forget what was read ahead: something changes.
    pub(crate) fn forget(&self, kind: &Kind) {
        if let Some(lane) = self.lanes().get_mut(kind.path) {
            lane.ahead = None;
        }
    }
}

impl Client {
    pub(crate) async fn read_batched(
        &self,
        kind: &'static Kind,
        id: i64,
    ) -> Result<Option<Object>, Error> {
        let receiver = {
            let mut lanes = self.inner.reads.lanes();
            let lane = lanes.entry(kind.path).or_default();
            if lane.last.is_some_and(|last| last.elapsed() > FRESH) {
                lane.asked.clear();
                lane.many = None;
            }
            lane.last = Some(Instant::now());
            let ahead = lane.ahead.as_mut().filter(|ahead| ahead.at.elapsed() < FRESH);
            if let Some(object) = ahead.and_then(|ahead| ahead.objects.remove(&id)) {
                return Ok(Some(object));
            }
            let (sender, receiver) = oneshot::channel();
            let first = lane.waiting.is_empty();
            lane.waiting.entry(id).or_default().push(sender);
            if first {
                let client = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(WINDOW).await;
                    client.answer_waiting(kind).await;
                });
            }
            receiver
        };
        let lost = || Error::new(ErrorKind::Lost, "the read that this one shared was given up");
        let answer = match self.deadline() {
            None => receiver.await.ok(),
            Some(deadline) => match deadline.run(receiver).await {
                Some(answer) => answer.ok(),
                None => {
                    let text = deadline.passed_while(&format!("reading {} {id}", kind.noun));
                    return Err(Error::new(ErrorKind::Timeout, text));
                }
            },
        };
        answer.unwrap_or_else(|| Err(lost()))
    }

    /// Answer everybody who waits.
    async fn answer_waiting(&self, kind: &'static Kind) {
        let (mut waiting, range) = {
            let mut lanes = self.inner.reads.lanes();
            let lane = lanes.entry(kind.path).or_default();
            let waiting = std::mem::take(&mut lane.waiting);
            lane.asked.extend(waiting.keys());
            let range = match (lane.asked.first(), lane.asked.last()) {
                (Some(first), Some(last)) if lane.asked.len() >= lane.many.unwrap_or(MANY) => {
                    let margin = (last - first) / 8;
                    Some((first - margin).max(1)..=last.saturating_add(margin))
                }
                _ => None,
            };
            (waiting, range.map(|range| (range, lane.asked.len() * AHEAD)))
        };
        let ahead = match &range {
            Some((range, most)) => self.read_ahead(kind, range, *most).await,
            None => None,
        };
        if let Some(mut objects) = ahead {
            waiting.retain(|id, senders| match objects.remove(id) {
                None => true,
                Some(object) => {
                    answer(std::mem::take(senders), &Ok(Some(object)));
                    false
                }
            });
            let mut lanes = self.inner.reads.lanes();
            let lane = lanes.entry(kind.path).or_default();
            lane.asked.clear();
            lane.many = None;
            lane.ahead = Some(Ahead { objects, at: Instant::now() });
        } else if range.is_some() {
            let mut lanes = self.inner.reads.lanes();
            let lane = lanes.entry(kind.path).or_default();
            lane.many = Some(lane.asked.len() * 2);
        }
        while !waiting.is_empty() {
            let rest = match waiting.keys().nth(TOGETHER).copied() {
                Some(id) => waiting.split_off(&id),
                None => BTreeMap::new(),
            };
            self.read_together(kind, std::mem::replace(&mut waiting, rest)).await;
        }
    }

    /// Everything in the range, unless that is too much or fails.
    async fn read_ahead(
        &self,
        kind: &'static Kind,
        range: &RangeInclusive<i64>,
        most: usize,
    ) -> Option<HashMap<i64, Object>> {
        let parameters = format!("id__gte={}&id__lte={}", range.start(), range.end());
        let mut pages = self.objects(kind).pages_of(parameters);
        let mut found = HashMap::new();
        while let Some(page) = pages.next().await.ok()? {
            found.extend(page.into_iter().map(|object| (object.id(), object)));
            if pages.count().max(found.len()) > most {
                debug!(kind = kind.noun, ?range, count = pages.count(), "too much to read ahead");
                return None;
            }
        }
        debug!(kind = kind.noun, ?range, read = found.len(), "reading ahead");
        // Nothing of it where the server ignores these filters.
        let inside = !found.is_empty() && found.keys().all(|id| range.contains(id));
        inside.then_some(found)
    }

    async fn read_together(&self, kind: &'static Kind, waiting: BTreeMap<i64, Vec<Waiting>>) {
        if waiting.len() > 1 {
            match self.objects(kind).list(&Query::of_ids(waiting.keys().copied())).await {
                Err(error) => {
                    for senders in waiting.into_values() {
                        answer(senders, &Err(error.clone()));
                    }
                }
                Ok(found) => {
                    let mut found: HashMap<i64, Object> =
                        found.into_iter().map(|object| (object.id(), object)).collect();
                    for (id, senders) in waiting {
                        // Only a direct answer says that an object is gone.
                        let object = match found.remove(&id) {
                            Some(object) => Ok(Some(object)),
                            None => self.get_or_none(kind, id).await,
                        };
                        answer(senders, &object);
                    }
                }
            }
            return;
        }
        for (id, senders) in waiting {
            answer(senders, &self.get_or_none(kind, id).await);
        }
    }

    async fn get_or_none(&self, kind: &'static Kind, id: i64) -> Result<Option<Object>, Error> {
        match self.objects(kind).get(id).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whoever stopped waiting needs no answer.
fn answer(senders: Vec<Waiting>, answer: &Result<Option<Object>, Error>) {
    for sender in senders {
        let _ = sender.send(answer.clone());
    }
}
