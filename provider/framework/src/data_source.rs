//! Data sources: what an author implements beside the derive.

use std::future::Future;

use crate::{DataSourceModel, Diagnostics, Result};

/// Something that Terraform looks up and never changes.
pub trait DataSource: DataSourceModel {
    /// What talks to the API.
    type Client: Clone + Send + Sync + 'static;

    /// Reports what is wrong with a configuration beyond what its types say. Values may be unknown.
    fn validate(config: &Self::Values, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Looks it up.
    ///
    /// # Errors
    /// What the server said, and that it is not there.
    fn read(
        client: &Self::Client,
        arguments: Self::Plan,
    ) -> impl Future<Output = Result<Self>> + Send;
}
