//! A list of rules, changed one by one or as a whole.

use onprem_http::Method;

use crate::{Client, Error, ErrorKind, FirewallRule, Params, RuleEdit, RuleEntry, call::Call};

use super::{edit_script, send_once};

/// How often a step is sent whose answer is lost and which the list shows not to be taken
const ATTEMPTS: u32 = 3;

/// A list of rules whose first match decides. API: `…/firewall/rules`, `/cluster/firewall/groups/{group}`
#[derive(Clone, Debug)]
pub struct FirewallRules {
    client: Client,
    path: String,
}

impl FirewallRules {
    pub(crate) fn new(client: Client, path: String) -> Self {
        Self { client, path }
    }

    /// The rules in their order. API: `GET …/rules`
    ///
    /// # Errors
    /// Not found for a group that does not exist; a guest that does not exist has no rules. Any
    /// failure of the request.
    pub async fn list(&self) -> Result<RuleList, Error> {
        let mut entries: Vec<RuleEntry> = self.client.get(&self.path, &Params::new()).await?;
        entries.sort_by_key(|entry| entry.pos);
        Ok(RuleList { entries })
    }

    /// Create a rule, which the server puts at position 0. API: `POST …/rules`
    ///
    /// # Errors
    /// Refused parameters.
    pub async fn create(&self, rule: &FirewallRule) -> Result<(), Error> {
        send_once(&self.client, &self.path, &rule.params()).await
    }

    /// Change a rule in its place. API: `PUT …/rules/{pos}`
    ///
    /// # Errors
    /// Not found when no rule is there; digest mismatch; refused parameters.
    pub async fn update(
        &self,
        pos: usize,
        before: &FirewallRule,
        rule: &FirewallRule,
        digest: &str,
    ) -> Result<(), Error> {
        let params = rule.params_after(before).with("digest", digest);
        self.send(Method::PUT, pos, &params).await
    }

    /// Move a rule before the one that is at `before` now; beyond the end: to the end
    ///
    /// API: `PUT …/rules/{pos}` with `moveto`
    ///
    /// # Errors
    /// Not found when no rule is there; digest mismatch.
    pub async fn move_before(&self, pos: usize, before: usize, digest: &str) -> Result<(), Error> {
        let params = Params::new().with("moveto", before).with("digest", digest);
        self.send(Method::PUT, pos, &params).await
    }

    /// Delete a rule. API: `DELETE …/rules/{pos}`
    ///
    /// # Errors
    /// Not found when no rule is there; digest mismatch.
    pub async fn delete(&self, pos: usize, digest: &str) -> Result<(), Error> {
        self.send(Method::DELETE, pos, &Params::new().with("digest", digest)).await
    }

    /// Make the list what is wanted, by the steps of [`edit_script`], and give it as it is then
    ///
    /// `current` is the list that the caller knows; when it is what is wanted nothing is sent. Every
    /// step is checked against it: a change by somebody else ends the work, with the steps taken until
    /// then in force. What a lost answer said is seen in the list.
    ///
    /// # Errors
    /// Digest mismatch when the list is not, or does not stay, what the caller and these steps made of
    /// it. Refused parameters; any failure of a request.
    pub async fn replace(
        &self,
        current: &RuleList,
        wanted: &[FirewallRule],
    ) -> Result<RuleList, Error> {
        let script = edit_script(&current.rules(), wanted);
        if script.is_empty() {
            return Ok(current.clone());
        }
        // A creation is not guarded by the digest.
        let list = self.list().await?;
        if list.digest() != current.digest() {
            return Err(changed());
        }
        let mut work = Work { rules: self, list, unseen: Vec::new() };
        for edit in &script {
            work.run(edit).await?;
        }
        work.look().await?;
        Ok(work.list)
    }

    async fn send(&self, method: Method, pos: usize, params: &Params) -> Result<(), Error> {
        let path = format!("{}/{pos}", self.path);
        self.client.send(&Call::new(method, &path, params)).await.map(|_| ())
    }
}

/// The rules of a list with its digest
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleList {
    /// The rules in their order
    pub entries: Vec<RuleEntry>,
}

impl RuleList {
    /// The digest that guards a change of this list; empty for an empty list
    pub fn digest(&self) -> &str {
        self.entries.first().map_or("", |entry| entry.digest.as_str())
    }

    /// The rules alone
    pub fn rules(&self) -> Vec<FirewallRule> {
        self.entries.iter().map(|entry| entry.rule.clone()).collect()
    }
}

/// A replacement at work
struct Work<'a> {
    rules: &'a FirewallRules,
    /// The list as it was last seen
    list: RuleList,
    /// Steps taken since then: creations, which no digest guards
    unseen: Vec<RuleEdit>,
}

impl Work<'_> {
    async fn run(&mut self, edit: &RuleEdit) -> Result<(), Error> {
        if !matches!(edit, RuleEdit::Create { .. }) {
            self.look().await?;
        }
        let mut attempt = 1;
        loop {
            match self.send(edit).await {
                Ok(()) => {
                    self.unseen.push(edit.clone());
                    return Ok(());
                }
                Err(error) if error.is_lost() => {
                    if self.was_executed(edit).await? {
                        return Ok(());
                    }
                    if attempt == ATTEMPTS {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
            attempt += 1;
        }
    }

    async fn send(&self, edit: &RuleEdit) -> Result<(), Error> {
        let digest = self.list.digest();
        match edit {
            RuleEdit::Create { rule } => self.rules.create(rule).await,
            RuleEdit::Delete { pos } => self.rules.delete(*pos, digest).await,
            RuleEdit::Move { pos, before } => self.rules.move_before(*pos, *before, digest).await,
            RuleEdit::Update { pos, rule } => match self.list.entries.get(*pos) {
                Some(entry) => self.rules.update(*pos, &entry.rule, rule, digest).await,
                None => Err(changed()),
            },
        }
    }

    /// Find out from the list whether a step was taken whose answer was lost
    async fn was_executed(&mut self, edit: &RuleEdit) -> Result<bool, Error> {
        let now = self.rules.list().await?;
        let before = self.expected(&self.unseen);
        self.unseen.push(edit.clone());
        let after = self.expected(&self.unseen);
        // A rule of ours fits whatever stands there: then the digest tells.
        let executed = match (fits(&now, &before), fits(&now, &after)) {
            (false, false) => return Err(changed()),
            (false, true) => true,
            (true, true) => now.digest() != self.list.digest(),
            (true, false) => false,
        };
        self.unseen.clear();
        self.list = now;
        Ok(executed)
    }

    /// Read the list and make sure that it is what the steps made of it
    async fn look(&mut self) -> Result<(), Error> {
        if self.unseen.is_empty() {
            return Ok(());
        }
        let now = self.rules.list().await?;
        if !fits(&now, &self.expected(&self.unseen)) {
            return Err(changed());
        }
        self.unseen.clear();
        self.list = now;
        Ok(())
    }

    /// The list after these steps; `None` for a rule of ours, which the server may spell differently
    fn expected(&self, steps: &[RuleEdit]) -> Vec<Option<FirewallRule>> {
        let mut list: Vec<Option<FirewallRule>> = self.list.rules().into_iter().map(Some).collect();
        for step in steps {
            step.apply_with(&mut list, |_| None);
        }
        list
    }
}

fn fits(now: &RuleList, expected: &[Option<FirewallRule>]) -> bool {
    now.entries.len() == expected.len()
        && now.entries.iter().zip(expected).all(|(entry, expected)| {
            expected.as_ref().is_none_or(|expected| *expected == entry.rule)
        })
}

fn changed() -> Error {
    let text = "the firewall rules were changed by somebody else meanwhile";
    Error::new(ErrorKind::DigestMismatch, text)
}
