//! `tracing` events as the JSON lines on standard error that Terraform reads and levels.
//!
//! Silent unless TF_LOG, TF_LOG_PROVIDER or `TF_LOG_PROVIDER_<NAME>` asks for a level; the most
//! specific one wins. TF_LOG_SDK sets another level for the framework, TF_LOG_SDK_PROTO one for its calls
//! and the connection. The fields of the spans around an event become fields of its line. Of other
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
    let levels = Levels::from_variables(provider_name, |name| env::var(name).ok());
    if levels.most() == LevelFilter::OFF {
        return;
    }
    let mut layer = TerraformLog::new(provider_name, levels.provider, io::stderr);
    layer.levels = levels;
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}

/// How much is written of what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Levels {
    /// What the provider itself does, and warnings of other people's crates.
    provider: LevelFilter,
    /// What the framework does.
    sdk: LevelFilter,
    /// The calls of Terraform, and the connection.
    protocol: LevelFilter,
}

impl Levels {
    fn from_variables(provider_name: &str, variable: impl Fn(&str) -> Option<String>) -> Self {
        let own = format!("TF_LOG_PROVIDER_{}", provider_name.to_uppercase().replace('-', "_"));
        let first = |names: &[&str]| {
            let value = |name: &&str| variable(name).filter(|value| !value.is_empty());
            names.iter().find_map(value).map_or(LevelFilter::OFF, |name| level(&name))
        };
        let names = ["TF_LOG_SDK_PROTO", "TF_LOG_SDK", own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"];
        Self { provider: first(&names[2..]), sdk: first(&names[1..]), protocol: first(&names) }
    }

    fn most(&self) -> LevelFilter {
        self.provider.max(self.sdk).max(self.protocol)
    }
}

/// A level by its name. One that is none means everything, as in Terraform.
fn level(name: &str) -> LevelFilter {
    match name.to_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

/// The layer behind [`init`], for a subscriber of one's own.
#[derive(Debug)]
pub struct TerraformLog<W> {
    own_crates: [String; 2],
    levels: Levels,
    writer: W,
}

impl<W> TerraformLog<W> {
    /// A layer that writes a line for every event up to `level`; `writer` opens where it goes.
    pub fn new(provider_name: &str, level: LevelFilter, writer: W) -> Self {
        let provider = provider_name.replace('-', "_");
        let own_crates = [format!("terraform_provider_{provider}"), provider];
        let levels = Levels { provider: level, sdk: level, protocol: level };
        Self { own_crates, levels, writer }
    }
}

impl<S, W, T> Layer<S> for TerraformLog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn() -> T + 'static,
    T: io::Write,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let target = metadata.target();
        let mut own = true;
        let level = if PROTOCOL.iter().any(|name| target.starts_with(name)) {
            self.levels.protocol
        } else if target.starts_with(SDK) {
            self.levels.sdk
        } else if self.own_crates.iter().any(|name| target.starts_with(name.as_str())) {
            self.levels.provider
        } else {
            own = false;
            self.levels.provider.min(LevelFilter::WARN)
        };
        // A span is no line: its fields go into the lines of others, whatever their level.
        (own && metadata.is_span()) || *metadata.level() <= level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.most())
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

const SDK: &str = "tf_provider";
const PROTOCOL: [&str; 2] = ["tf_provider_protocol", "tf_provider::server"];
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
        use LevelFilter as L;
        type Case<'a> = (&'a [(&'a str, &'a str)], [LevelFilter; 3]);
        let cases: [Case<'_>; 11] = [
            (&[], [L::OFF; 3]),
            (&[("TF_LOG", "info")], [L::INFO; 3]),
            (&[("TF_LOG", "JSON")], [L::TRACE; 3]),
            (&[("TF_LOG", "nonsense")], [L::TRACE; 3]),
            (&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "off")], [L::OFF; 3]),
            (&[("TF_LOG", ""), ("TF_LOG_PROVIDER", "WARN")], [L::WARN; 3]),
            (&[("TF_LOG_PROVIDER", "WARN"), ("TF_LOG_PROVIDER_ON_PREM", "DEBUG")], [L::DEBUG; 3]),
            (&[("TF_LOG_PROVIDER_OTHER", "DEBUG")], [L::OFF; 3]),
            (&[("TF_LOG", "TRACE"), ("TF_LOG_SDK", "OFF")], [L::TRACE, L::OFF, L::OFF]),
            (&[("TF_LOG", "INFO"), ("TF_LOG_SDK_PROTO", "TRACE")], [L::INFO, L::INFO, L::TRACE]),
            (
                &[("TF_LOG_SDK", "DEBUG"), ("TF_LOG_SDK_PROTO", "ERROR")],
                [L::OFF, L::DEBUG, L::ERROR],
            ),
        ];
        for (variables, [provider, sdk, protocol]) in cases {
            let found = Levels::from_variables("on-prem", |wanted| {
                let (_, value) = variables.iter().find(|(name, _)| *name == wanted)?;
                Some((*value).to_owned())
            });
            assert_eq!(found, Levels { provider, sdk, protocol }, "{variables:?}");
        }
    }

    #[test]
    fn framework_and_calls_have_levels_of_their_own() {
        let lines = Lines::default();
        let writer = lines.clone();
        let mut layer = TerraformLog::new("on-prem", LevelFilter::INFO, move || writer.clone());
        layer.levels.sdk = LevelFilter::WARN;
        layer.levels.protocol = LevelFilter::DEBUG;
        tracing::subscriber::with_default(Registry::default().with(layer), || {
            let span =
                tracing::error_span!(target: "tf_provider::server::call", "rpc", tf_rpc = "x");
            let _entered = span.enter();
            tracing::info!(target: "on_prem::vm", "1");
            tracing::debug!(target: "on_prem::vm", "no");
            tracing::warn!(target: "tf_provider::engine", "2");
            tracing::info!(target: "tf_provider::engine", "no");
            tracing::debug!(target: "tf_provider::server::rpc", "3");
            tracing::debug!(target: "tf_provider_protocol::serve", "4");
            tracing::trace!(target: "tf_provider_protocol::serve", "no");
            tracing::info!(target: "h2", "no");
            let _theirs = tracing::info_span!(target: "h2", "frame", token = "secret").entered();
            tracing::warn!(target: "h2", "5");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("secret"), "what a stranger's span holds is no field of ours");
        let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        let said: Vec<(Json, Json)> =
            lines.map(|line| (line["@message"].clone(), line["tf_rpc"].clone())).collect();
        assert_eq!(said, ["1", "2", "3", "4", "5"].map(|text| (text.into(), "x".into())));
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
