//! One request, and what it was answered.

use std::time::Duration;

use onprem_http::{Body, Method, RequestContext, Resend};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, ErrorKind, Params, codec};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// One request of the API
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) body: Option<&'a Body>,
    pub(crate) resend: Resend,
    pub(crate) timeout: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: Method, path: &'a str, params: &'a Params) -> Self {
        let resend = if method == Method::GET { Resend::Always } else { Resend::IfNotExecuted };
        Self { method, path, params, body: None, resend, timeout: None }
    }

    pub(crate) fn body(mut self, body: Option<&'a Body>) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn resend(mut self, resend: Resend) -> Self {
        self.resend = resend;
        self
    }

    pub(crate) fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }
}

/// A successful answer
pub(crate) struct Answer {
    pub(crate) data: Value,
    /// Number of elements that there are, where `data` is a part of them.
    pub(crate) total: Option<u64>,
    pub(crate) context: RequestContext,
}

impl Answer {
    pub(crate) fn parse(body: &[u8], context: RequestContext) -> Result<Self, Error> {
        let parsed = serde_json::from_slice::<Value>(body);
        let mut parsed = match parsed {
            Ok(Value::Object(object)) => object,
            Ok(_) => serde_json::Map::new(),
            Err(error) => {
                let text = format!("the answer is not JSON: {error}");
                return Err(Error::new(ErrorKind::Decode, text).with_request(Some(&context)));
            }
        };
        let Some(data) = parsed.remove("data") else {
            let text = "the answer holds no `data`: is this a Proxmox VE API?";
            return Err(Error::new(ErrorKind::Decode, text).with_request(Some(&context)));
        };
        let total = parsed.get("total").and_then(|total| codec::from_value(total).ok());
        Ok(Self { data, total, context })
    }

    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        codec::from_value(&self.data).map_err(|error| {
            let text = format!("the answer cannot be read: data.{error}");
            Error::new(ErrorKind::Decode, text).with_request(Some(&self.context))
        })
    }
}
