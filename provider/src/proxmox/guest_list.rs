//! Looking guests up in the cluster's list, which the data sources of guests share.
//! API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName, Resource as Row};
use tf_provider::{Attributes, Diagnostic, Diagnostics, Result, Text, Value};

use super::Proxmox;
use super::names::Tag;

/// A guest in a list.
#[derive(Clone, Attributes)]
pub(crate) struct GuestSummary {
    /// Its number.
    #[attr(computed)]
    pub(crate) vm_id: i64,
    /// Its name; none until a few seconds after it was made.
    #[attr(computed)]
    pub(crate) name: Option<String>,
    /// Node that it is on.
    #[attr(computed)]
    pub(crate) node: String,
    /// `running`, `stopped` or `unknown`.
    #[attr(computed)]
    pub(crate) status: String,
    /// Whether it is a template.
    #[attr(computed)]
    pub(crate) template: bool,
    /// Its tags.
    #[attr(computed)]
    pub(crate) tags: Vec<String>,
    /// Pool that it is in.
    #[attr(computed)]
    pub(crate) pool: Option<String>,
}

/// Which guests are meant.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) vm_id: Option<i64>,
    pub(crate) name: Option<&'a str>,
    pub(crate) node: Option<&'a Text<NodeName>>,
    pub(crate) tag: Option<&'a Text<Tag>>,
    pub(crate) template: Option<bool>,
}

impl Wanted<'_> {
    fn include(&self, guest: &GuestSummary) -> bool {
        self.vm_id.is_none_or(|vm_id| vm_id == guest.vm_id)
            && self.name.is_none_or(|name| guest.name.as_deref() == Some(name))
            && self.node.is_none_or(|node| node.to_string() == guest.node)
            && self.tag.is_none_or(|tag| guest.tags.contains(&tag.to_string()))
            && self.template.is_none_or(|template| template == guest.template)
    }
}

/// The guests of a kind that are meant, by number.
///
/// # Errors
/// Any failure to list the guests.
pub(crate) async fn all(
    pve: &Proxmox,
    kind: GuestKind,
    wanted: &Wanted<'_>,
) -> Result<Vec<GuestSummary>> {
    let rows = pve.cluster().resources().await?;
    let mut guests: Vec<GuestSummary> = rows
        .iter()
        .filter_map(|row| summary(row, kind))
        .filter(|row| wanted.include(row))
        .collect();
    guests.sort_by_key(|guest| guest.vm_id);
    Ok(guests)
}

/// The one guest that is meant; `noun` says what it is.
///
/// # Errors
/// That there is none, or that there are several.
pub(crate) async fn one(
    pve: &Proxmox,
    kind: GuestKind,
    noun: &str,
    wanted: &Wanted<'_>,
) -> Result<GuestSummary> {
    let mut what = vec![];
    what.extend(wanted.vm_id.map(|vm_id| format!("number {vm_id}")));
    what.extend(wanted.name.map(|name| format!("name `{name}`")));
    what.extend(wanted.tag.map(|tag| format!("tag `{tag}`")));
    let mut what = what.join(" and the ");
    if let Some(node) = wanted.node {
        what = format!("{what} on {node}");
    }
    let at = match wanted {
        Wanted { vm_id: Some(_), .. } => "vm_id",
        Wanted { name: Some(_), .. } => "name",
        _ => "tag",
    };
    let mut found = all(pve, kind, wanted).await?.into_iter();
    let guest = found.next().ok_or_else(|| {
        Diagnostic::error(format!("There is no {noun} with the {what}"))
            .hint(format!(
                "a {noun} that was made a moment ago has no name in the cluster's list yet"
            ))
            .at(at)
    })?;
    match found.next() {
        None => Ok(guest),
        Some(other) => Err(Diagnostic::error(format!("Several {noun}s have the {what}"))
            .detail(format!("Two of them are {} and {}.", guest.vm_id, other.vm_id))
            .hint("name it by `vm_id`")
            .at(at)),
    }
}

/// Reports a name that no guest has.
pub(crate) fn check_name(name: &Value<String>, diagnostics: &mut Diagnostics) {
    if name.known().is_some_and(String::is_empty) {
        diagnostics.push(Diagnostic::error("`name` is empty").at("name"));
    }
}

fn summary(row: &Row, kind: GuestKind) -> Option<GuestSummary> {
    let mut tags = row.tags.clone();
    tags.sort();
    Some(GuestSummary {
        vm_id: row.vmid.filter(|_| row.guest_kind() == Some(kind))?.number().into(),
        name: row.name.clone(),
        node: row.node.as_ref()?.to_string(),
        status: row.status.clone().unwrap_or_else(|| "unknown".to_owned()),
        template: row.template,
        tags,
        pool: row.pool.clone(),
    })
}
