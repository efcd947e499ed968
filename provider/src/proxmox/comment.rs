//! The comments that we keep at the end of a guest's description, where no other field is ours: the mark of
//! a create that is under way, and the id of a container. Nobody but us sees them.

use onprem_proxmox::GuestConfig;
use tf_provider::api::ApiFields;

use super::hardware::disk::api_fields;

/// What the mark of a create begins with.
pub(crate) const OPEN: &str = "<!-- onprem:creating ";
const CLOSE: &str = " -->";
/// What stands before the UUID in a mark.
const UUID: &str = "uuid=";
/// What every comment of ours begins with.
const COMMENT: &str = "<!-- onprem:";

/// The mark of a create: `sort` is what all creates of the same thing have in common.
pub(crate) fn creating(sort: &str, uuid: &str) -> String {
    format!("{sort} {UUID}{uuid}{CLOSE}")
}

/// The UUID in the mark of a guest that is being made.
pub(crate) fn begun_uuid(config: &GuestConfig) -> Option<String> {
    mark_of(config).map(|(_, uuid)| uuid)
}

/// The mark at the end of a guest's description: what it has in common with others, and its UUID.
pub(crate) fn mark_of(config: &GuestConfig) -> Option<(String, String)> {
    let description = config.text("description")?;
    let mark = description.trim_end().strip_suffix(CLOSE)?;
    let (sort, uuid) = mark[mark.rfind(OPEN)?..].rsplit_once(' ')?;
    Some((sort.to_owned(), uuid.strip_prefix(UUID)?.to_owned()))
}

/// The fields of a guest's configuration, for the plain mapping, with the description as its user wrote it.
pub(crate) fn unmarked_fields(config: &GuestConfig) -> ApiFields {
    let mut fields = api_fields(config);
    let description = config.text("description").unwrap_or_default();
    match unmarked(&description) {
        "" => fields.remove("description"),
        text => fields.insert("description".to_owned(), text.into()),
    };
    fields
}

/// A description without our comments at its end.
pub(crate) fn unmarked(description: &str) -> &str {
    let text = description.trim_end_matches('\n');
    match text.rfind(COMMENT) {
        Some(start) if text.ends_with(CLOSE) => unmarked(text[..start].trim_end()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_off_again() {
        let mark = format!("{OPEN}owner=dev claim=00{CLOSE}");
        assert_eq!(unmarked(&format!("Ubuntu\nfor all\n\n{mark}")), "Ubuntu\nfor all");
        assert_eq!(unmarked(&mark), "");
        assert_eq!(unmarked("<!-- a user's own -->"), "<!-- a user's own -->");
    }
}
