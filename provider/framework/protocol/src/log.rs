//! `tracing` events as the JSON lines on standard error that Terraform reads and levels.
//!
//! Silent unless TF_LOG, TF_LOG_PROVIDER or `TF_LOG_PROVIDER_<NAME>` asks for a level; the most
//! specific one wins. The fields of the spans around an event become fields of its line. Of other
//! people's crates only warnings and errors are let through: what they trace may hold tokens.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fmt::Write as _;
use std::io;

use serde_json::Value as Json;
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::metadata::Metadata;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Sends the events of this process to Terraform's log, if there is one. `provider_name` is the short
/// name, `onprem`; events of crates whose names start with it are the provider's own.
///
/// Does nothing where a subscriber is already set.
pub fn init(provider_name: &str) {
    let level = level(provider_name, |name| env::var(name).ok());
    if level == LevelFilter::OFF {
        return;
    }
    let layer = TerraformLog::new(provider_name, level, io::stderr);
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}

/// The level that the environment asks for. A name that is none means everything, as in Terraform.
fn level(provider_name: &str, variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let own = format!("TF_LOG_PROVIDER_{}", provider_name.to_uppercase().replace('-', "_"));
    let wanted = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match wanted.map(|wanted| wanted.to_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

/// The layer behind [`init`], for a subscriber of one's own.
#[derive(Debug)]
pub struct TerraformLog<W> {
    own_crates: [String; 3],
    level: LevelFilter,
    writer: W,
}

impl<W> TerraformLog<W> {
    /// A layer that writes a line for every event up to `level`; `writer` opens where it goes.
    pub fn new(provider_name: &str, level: LevelFilter, writer: W) -> Self {
        let provider = provider_name.replace('-', "_");
        let own_crates =
            [format!("terraform_provider_{provider}"), provider, "tf_provider".to_owned()];
        Self { own_crates, level, writer }
    }
}

impl<S, W, T> Layer<S> for TerraformLog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn() -> T + 'static,
    T: io::Write,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let own = self.own_crates.iter().any(|name| metadata.target().starts_with(name.as_str()));
        *metadata.level() <= self.level && (own || *metadata.level() <= Level::WARN)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in
            context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().iter().rev()
        {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.0.extend(outer.0.iter().map(|(name, value)| (*name, value.clone())));
            }
        }
        event.record(&mut fields);
        let line = line(event.metadata(), fields, OffsetDateTime::now_utc());
        // Where nobody reads the log there is nobody to tell.
        let _ = (self.writer)().write_all(line.as_bytes());
    }
}

/// Fields of an event or span, each cut to a length that keeps the line readable for Terraform.
#[derive(Default)]
struct Fields(BTreeMap<&'static str, Json>);

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Json>) {
        // Names with @ are the line's own, and Terraform trusts their types.
        if !field.name().starts_with('@') {
            self.0.insert(field.name(), value.into());
        }
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = Limited::default();
        // Stops early, with an error, when the text is full.
        let _ = write!(text, "{value:?}");
        self.insert(field, text.finish());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut text = Limited::default();
        let _ = text.write_str(value);
        self.insert(field, text.finish());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }
}

/// Text up to a limit.
#[derive(Default)]
struct Limited {
    text: String,
    cut: bool,
}

impl Limited {
    fn finish(mut self) -> String {
        if self.cut {
            self.text.push_str("… (cut)");
        }
        self.text
    }
}

impl fmt::Write for Limited {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = MAX_TEXT - self.text.len().min(MAX_TEXT);
        if piece.len() <= room {
            self.text.push_str(piece);
            return Ok(());
        }
        self.text.push_str(&piece[..piece.floor_char_boundary(room)]);
        self.cut = true;
        Err(fmt::Error)
    }
}

fn line(metadata: &Metadata<'_>, mut fields: Fields, now: OffsetDateTime) -> String {
    let message = match fields.0.remove("message") {
        Some(Json::String(message)) => message,
        Some(other) => other.to_string(),
        None => metadata.name().to_owned(),
    };
    let mut members = serde_json::Map::new();
    members.insert("@level".to_owned(), level_name(*metadata.level()).into());
    members.insert("@message".to_owned(), message.into());
    members.insert("@module".to_owned(), metadata.target().replace("::", ".").into());
    members.insert("@timestamp".to_owned(), timestamp(now).into());
    let mut length = Json::Object(members.clone()).to_string().len();
    for (name, value) in fields.0 {
        length += name.len() + value.to_string().len() + 4;
        if length > MAX_LINE {
            members.insert("fields_dropped".to_owned(), true.into());
            break;
        }
        members.insert(name.to_owned(), value);
    }
    let mut line = Json::Object(members).to_string();
    line.push('\n');
    line
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// With six digits after the point, no more and no fewer: Terraform reads nothing else.
fn timestamp(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond()
    )
}

/// Bytes of one text. Escaped it grows to at most six times that, which still leaves room.
const MAX_TEXT: usize = 8 << 10;
/// Bytes of a line that Terraform certainly reads; it gives up at 64 KiB.
const MAX_LINE: usize = 62 << 10;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LevelFilter, act: impl FnOnce()) -> Vec<Json> {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = TerraformLog::new("on-prem", level, move || writer.clone());
        tracing::subscriber::with_default(Registry::default().with(layer), act);
        let bytes = lines.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        for line in text.lines() {
            assert!(line.len() < 64 << 10, "{} bytes", line.len());
        }
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_most_specific_variable_wins() {
        let cases: [(&[(&str, &str)], LevelFilter); 7] = [
            (&[], LevelFilter::OFF),
            (&[("TF_LOG", "info")], LevelFilter::INFO),
            (&[("TF_LOG", "JSON")], LevelFilter::TRACE),
            (&[("TF_LOG", "nonsense")], LevelFilter::TRACE),
            (&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "off")], LevelFilter::OFF),
            (&[("TF_LOG", ""), ("TF_LOG_PROVIDER", "WARN")], LevelFilter::WARN),
            (
                &[("TF_LOG_PROVIDER", "WARN"), ("TF_LOG_PROVIDER_ON_PREM", "DEBUG")],
                LevelFilter::DEBUG,
            ),
        ];
        for (variables, expected) in cases {
            let found = level("on-prem", |wanted| {
                let (_, value) = variables.iter().find(|(name, _)| *name == wanted)?;
                Some((*value).to_owned())
            });
            assert_eq!(found, expected, "{variables:?}");
        }
    }

    #[test]
    fn lines_carry_the_fields_of_their_spans() {
        let lines = logged(LevelFilter::DEBUG, || {
            let span = tracing::info_span!(target: "tf_provider", "rpc", tf_rpc = "ReadResource");
            let _entered = span.enter();
            tracing::debug!(target: "on_prem::api", status = 200, "answered {}", "well");
            tracing::trace!(target: "on_prem::api", "below the level");
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["@level"], "debug");
        assert_eq!(line["@message"], "answered well");
        assert_eq!(line["@module"], "on_prem.api");
        assert_eq!(line["tf_rpc"], "ReadResource");
        assert_eq!(line["status"], 200);
    }

    #[test]
    fn other_crates_only_warn() {
        let lines = logged(LevelFilter::TRACE, || {
            tracing::debug!(target: "h2::codec", "authorization: token");
            tracing::warn!(target: "h2::codec", "odd frame");
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["@message"], "odd frame");
    }

    #[test]
    fn lines_stay_short_and_typed() {
        let long = "\u{1}".repeat(1 << 20);
        let lines = logged(LevelFilter::INFO, || {
            tracing::info!(target: "on_prem", a = %long, b = %long, "@level" = 5, "{long}");
        });
        assert_eq!(lines[0]["@level"], "info");
        assert_eq!(lines[0]["fields_dropped"], true);
    }

    #[test]
    fn timestamps_have_six_digits() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_000_042_999).unwrap();
        assert_eq!(timestamp(at), "2023-11-14T22:13:20.000042Z");
    }
}
