//! A server and its iDRAC. API: `/redfish/v1/Systems` and `/redfish/v1/Managers`.

use tf_provider::{DataSource, Result};

use super::Idrac;

/// A server and its iDRAC: model, service tag, power, versions.
#[derive(Clone, DataSource)]
#[data_source(name = "idrac_system", group = "Dell iDRAC")]
pub(crate) struct Server {
    /// Name of the server in the provider block.
    #[attr(required)]
    server: String,
    /// Manufacturer.
    #[attr(computed)]
    manufacturer: Option<String>,
    /// Model, for example `PowerEdge R750`.
    #[attr(computed)]
    model: Option<String>,
    /// Service tag.
    #[attr(computed)]
    service_tag: Option<String>,
    /// Serial number.
    #[attr(computed)]
    serial_number: Option<String>,
    /// UUID.
    #[attr(computed)]
    uuid: Option<String>,
    /// Number of the model in Dell's catalogs, in hexadecimal digits, for example `090E`.
    #[attr(computed)]
    system_id: Option<String>,
    /// Name that the operating system told the iDRAC.
    #[attr(computed)]
    host_name: Option<String>,
    /// `On` or `Off`.
    #[attr(computed)]
    power_state: Option<String>,
    /// Health in one word, for example `OK`.
    #[attr(computed)]
    health: Option<String>,
    /// Version of the BIOS.
    #[attr(computed)]
    bios_version: Option<String>,
    /// Version of the iDRAC's firmware.
    #[attr(computed)]
    idrac_version: Option<String>,
    /// Model of the iDRAC, for example `15G Monolithic`.
    #[attr(computed)]
    idrac_model: Option<String>,
    /// When the host was last restarted, as the iDRAC writes it.
    #[attr(computed)]
    last_reset_time: Option<String>,
    /// Number of processors.
    #[attr(computed)]
    processor_count: Option<i64>,
    /// Memory in GiB.
    #[attr(computed)]
    memory_gib: Option<i64>,
}

impl DataSource for Server {
    type Client = Idrac;

    async fn read(idrac: &Idrac, arguments: ServerPlan) -> Result<Self> {
        let ServerPlan { server } = arguments;
        let system = idrac.host(&server)?.system().await?;
        Ok(Self {
            server,
            manufacturer: system.manufacturer,
            model: system.model,
            service_tag: system.service_tag,
            serial_number: system.serial_number,
            uuid: system.uuid,
            system_id: system.system_id,
            host_name: system.host_name,
            power_state: system.power_state,
            health: system.health,
            bios_version: system.bios_version,
            idrac_version: system.controller_version,
            idrac_model: system.controller_model,
            last_reset_time: system.last_reset_time,
            processor_count: system.processor_count,
            memory_gib: system.memory_gib,
        })
    }
}
