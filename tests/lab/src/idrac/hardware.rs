//! The two servers: what is in them, and which packages there are for them.

/// Generation of an iDRAC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Generation {
    /// iDRAC9, in servers of 14G to 16G.
    Nine,
    /// iDRAC10, in servers of 17G.
    Ten,
}

impl Generation {
    /// Registry of the iDRAC's own messages with its version, as message ids begin.
    pub(crate) fn registry(self) -> &'static str {
        match self {
            Self::Nine => "IDRAC.2.8",
            Self::Ten => "IDRAC.2.10",
        }
    }

    /// Registry of the standard's messages with its version.
    pub(crate) fn base_registry(self) -> &'static str {
        match self {
            Self::Nine => "Base.1.12",
            Self::Ten => "Base.1.18",
        }
    }

    /// Ending of a plain iDRAC image.
    pub(crate) fn image_extension(self) -> &'static str {
        match self {
            Self::Nine => "d9",
            Self::Ten => "d10",
        }
    }
}

/// One server.
#[derive(Debug)]
pub(crate) struct Hardware {
    /// Name in the lab.
    pub(crate) name: &'static str,
    pub(crate) generation: Generation,
    /// `PowerEdge R750`.
    pub(crate) model: &'static str,
    /// Name of the generation, as the manager and the system tell it.
    pub(crate) system_generation: &'static str,
    /// Number of the model; packages name it in hexadecimal.
    pub(crate) system_id: u16,
    pub(crate) service_tag: &'static str,
    pub(crate) serial: &'static str,
    pub(crate) part_number: &'static str,
    pub(crate) uuid: &'static str,
    pub(crate) processor: &'static str,
    pub(crate) cores: u32,
    pub(crate) memory_gib: u32,
    pub(crate) mac: &'static str,
    pub(crate) parts: &'static [Part],
}

/// One component of a server, as it left the factory.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) fqdd: &'static str,
    /// `0` where only the PCI ids tell.
    pub(crate) component_id: &'static str,
    pub(crate) name: &'static str,
    /// Vendor, device, sub-vendor, sub-device.
    pub(crate) pci: Option<[&'static str; 4]>,
    pub(crate) version: &'static str,
    /// Version to which a rollback leads.
    pub(crate) previous: Option<&'static str>,
    /// Versions for which the web server has a package.
    pub(crate) packages: &'static [&'static str],
}

/// What a component is; it decides how an update takes effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Backplane,
    Bios,
    Cpld,
    Diagnostics,
    Disk,
    DriverPack,
    Idrac,
    LifecycleController,
    Nic,
    /// A network adapter that runs its new firmware only after a cold boot.
    NicColdBoot,
    Psu,
    Raid,
    Tpm,
}

/// How an update takes effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Apply {
    /// At once, with nothing restarted.
    Direct,
    /// In the next POST of the host.
    HostReset,
    /// In the next POST of the host; active after a cold boot.
    HostResetThenColdBoot,
    /// At once, and the iDRAC restarts itself.
    IdracRestart,
}

impl Kind {
    pub(crate) fn apply(self) -> Apply {
        match self {
            Self::Diagnostics | Self::DriverPack | Self::LifecycleController => Apply::Direct,
            Self::Idrac => Apply::IdracRestart,
            Self::NicColdBoot => Apply::HostResetThenColdBoot,
            Self::Backplane
            | Self::Bios
            | Self::Cpld
            | Self::Disk
            | Self::Nic
            | Self::Psu
            | Self::Raid
            | Self::Tpm => Apply::HostReset,
        }
    }

    /// Whether the iDRAC takes packages for it.
    pub(crate) fn updateable(self) -> bool {
        !matches!(self, Self::LifecycleController | Self::Tpm)
    }

    /// Whether the version before an update is kept for a rollback.
    pub(crate) fn rollback(self) -> bool {
        matches!(self, Self::Bios | Self::Idrac | Self::Nic | Self::Raid)
    }

    /// Whether the iDRAC keeps a copy of the installed firmware (`Current-`) for a replaced part.
    pub(crate) fn copy(self) -> bool {
        matches!(self, Self::Backplane | Self::Bios | Self::Nic)
    }

    /// `ComponentType` in inventory and packages.
    pub(crate) fn component_type(self) -> &'static str {
        match self {
            Self::Bios => "BIOS",
            Self::Diagnostics | Self::DriverPack | Self::LifecycleController => "APAC",
            _ => "FRMW",
        }
    }

    /// Lab seconds that writing the firmware takes.
    pub(crate) fn seconds(self) -> u64 {
        match self {
            Self::Bios => 240,
            Self::Idrac => 180,
            Self::Cpld | Self::Psu => 120,
            Self::DriverPack => 90,
            _ => 60,
        }
    }

    /// Beginning of the names of its packages.
    fn package_name(self) -> &'static str {
        match self {
            Self::Backplane => "Backplane",
            Self::Bios => "BIOS",
            Self::Cpld => "CPLD",
            Self::Diagnostics => "Diagnostics",
            Self::Disk => "Disk",
            Self::DriverPack => "Drivers-for-OS-Deployment",
            Self::Idrac | Self::LifecycleController => "iDRAC-with-Lifecycle-Controller",
            Self::Nic => "Network-BCM",
            Self::NicColdBoot => "Network-MLX",
            Self::Psu => "Power",
            Self::Raid => "SAS-RAID",
            Self::Tpm => "TPM",
        }
    }
}

impl Hardware {
    /// `R750`.
    pub(crate) fn short_model(&self) -> &'static str {
        self.model.rsplit(' ').next().unwrap_or(self.model)
    }

    /// Name of the package of a part's version.
    pub(crate) fn package_name(&self, part: &Part, version: &str) -> String {
        format!("{}_{}_WN64_{version}.EXE", part.kind.package_name(), self.short_model())
    }
}

/// The servers of every lab.
pub(crate) static SERVERS: [Hardware; 2] = [
    Hardware {
        name: "r750-01",
        generation: Generation::Nine,
        model: "PowerEdge R750",
        system_generation: "15G Monolithic",
        system_id: 0x090e,
        service_tag: "LAB7501",
        serial: "CNLAB0075000001",
        part_number: "0LAB75A01",
        uuid: "4c4c4544-004c-4110-8042-b7c04f353031",
        processor: "Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz",
        cores: 56,
        memory_gib: 256,
        mac: "02:00:5e:75:00:01",
        parts: R750,
    },
    Hardware {
        name: "r770-01",
        generation: Generation::Ten,
        model: "PowerEdge R770",
        system_generation: "17G Monolithic",
        system_id: 0x0c60,
        service_tag: "LAB7701",
        serial: "CNLAB0077000001",
        part_number: "0LAB77A01",
        uuid: "4c4c4544-004c-4110-8042-b7c04f373031",
        processor: "Intel(R) Xeon(R) 6737P",
        cores: 64,
        memory_gib: 512,
        mac: "02:00:5e:77:00:01",
        parts: R770,
    },
];

const BROADCOM: Option<[&str; 4]> = Some(["14E4", "165F", "1028", "0A6B"]);
const MELLANOX: Option<[&str; 4]> = Some(["15B3", "101F", "15B3", "0051"]);
const SSD: Option<[&str; 4]> = Some(["1E0F", "0007", "1028", "207E"]);

const fn part(
    kind: Kind,
    component_id: &'static str,
    fqdd: &'static str,
    name: &'static str,
    version: &'static str,
    packages: &'static [&'static str],
) -> Part {
    Part { kind, fqdd, component_id, name, pci: None, version, previous: None, packages }
}

static R750: &[Part] = &[
    Part {
        previous: Some("1.12.1"),
        ..part(
            Kind::Bios,
            "159",
            "BIOS.Setup.1-1",
            "BIOS",
            "1.13.2",
            &["1.12.1", "1.13.2", "1.14.1"],
        )
    },
    Part {
        previous: Some("7.00.60.00"),
        ..part(
            Kind::Idrac,
            "25227",
            "iDRAC.Embedded.1-1",
            "Integrated Dell Remote Access Controller",
            "7.10.30.00",
            &["7.00.60.00", "7.10.30.00", "7.10.50.00"],
        )
    },
    part(
        Kind::LifecycleController,
        "28897",
        "USC.Embedded.1:LC.Embedded.1",
        "Lifecycle Controller",
        "7.10.30.00",
        &[],
    ),
    Part {
        pci: BROADCOM,
        ..part(
            Kind::Nic,
            "108255",
            "NIC.Embedded.1-1-1",
            "Broadcom Gigabit Ethernet BCM5720 - 02:00:5E:75:01:01",
            "22.31.6",
            &["21.80.9", "22.71.3"],
        )
    },
    Part {
        pci: BROADCOM,
        ..part(
            Kind::Nic,
            "108255",
            "NIC.Embedded.2-1-1",
            "Broadcom Gigabit Ethernet BCM5720 - 02:00:5E:75:01:02",
            "22.31.6",
            &[],
        )
    },
    Part {
        pci: MELLANOX,
        ..part(
            Kind::NicColdBoot,
            "0",
            "NIC.Slot.5-1",
            "Mellanox Network Adapter - 02:00:5E:75:05:01",
            "26.39.10.02",
            &["26.36.10.10", "26.41.10.00"],
        )
    },
    part(
        Kind::Raid,
        "104298",
        "RAID.SL.3-1",
        "PERC H755 Front",
        "52.21.0-4606",
        &["52.16.1-4405", "52.26.0-5179"],
    ),
    part(
        Kind::Backplane,
        "107649",
        "RAID.Backplane.Firmware.1",
        "Backplane 1",
        "7.10",
        &["3.48", "7.11"],
    ),
    part(
        Kind::Psu,
        "110428",
        "PSU.Slot.1",
        "Power Supply.Slot.1",
        "00.1D.9C",
        &["00.1B.53", "00.1E.A0"],
    ),
    part(Kind::Psu, "110428", "PSU.Slot.2", "Power Supply.Slot.2", "00.1D.9C", &[]),
    part(Kind::Cpld, "27763", "CPLD.Embedded.1", "System CPLD", "1.0.6", &["1.0.5", "1.0.8"]),
    part(
        Kind::DriverPack,
        "18981",
        "DriverPack.Embedded.1:LC.Embedded.1",
        "Dell OS Driver Pack, 23.12.08, A00",
        "23.12.08",
        &["23.06.05", "24.06.04"],
    ),
    part(
        Kind::Diagnostics,
        "25806",
        "Diagnostics.Embedded.1:LC.Embedded.1",
        "Dell 64 Bit uEFI Diagnostics, version 4301, 4301A74, 4301.75",
        "4301A74",
        &["4301A70", "4301A79"],
    ),
    part(Kind::Tpm, "109673", "TPM.Integrated.1-1", "TPM", "7.2.2.0", &[]),
    Part {
        pci: SSD,
        ..part(
            Kind::Disk,
            "0",
            "Disk.Bay.0:Enclosure.Internal.0-1",
            "PCIe SSD in Slot 0 in Bay 1",
            "2.1.3",
            &["2.1.5", "2.1.8"],
        )
    },
];

static R770: &[Part] = &[
    Part {
        previous: Some("1.1.3"),
        ..part(Kind::Bios, "159", "BIOS.Setup.1-1", "BIOS", "1.2.6", &["1.1.3", "1.2.6", "1.3.2"])
    },
    Part {
        previous: Some("1.10.17.00"),
        ..part(
            Kind::Idrac,
            "25227",
            "iDRAC.Embedded.1-1",
            "Integrated Dell Remote Access Controller",
            "1.20.25.00",
            &["1.10.17.00", "1.20.25.00", "1.20.50.50"],
        )
    },
    part(
        Kind::LifecycleController,
        "28897",
        "USC.Embedded.1:LC.Embedded.1",
        "Lifecycle Controller",
        "1.20.25.00",
        &[],
    ),
    Part {
        pci: BROADCOM,
        ..part(
            Kind::Nic,
            "108255",
            "NIC.Embedded.1-1-1",
            "Broadcom Gigabit Ethernet BCM5720 - 02:00:5E:77:01:01",
            "23.11.4",
            &["22.71.3", "23.21.2"],
        )
    },
    Part {
        pci: MELLANOX,
        ..part(
            Kind::NicColdBoot,
            "0",
            "NIC.Slot.3-1",
            "Mellanox Network Adapter - 02:00:5E:77:03:01",
            "26.41.10.00",
            &["26.39.10.02", "26.43.26.02"],
        )
    },
    part(
        Kind::Raid,
        "111852",
        "RAID.Slot.2-1",
        "PERC H975i Front",
        "8.11.0.0.18-24",
        &["8.8.0.0.18-21", "8.14.0.0.18-31"],
    ),
    part(
        Kind::Psu,
        "110428",
        "PSU.Slot.1",
        "Power Supply.Slot.1",
        "00.1D.9C",
        &["00.1B.53", "00.1E.A0"],
    ),
    part(Kind::Psu, "110428", "PSU.Slot.2", "Power Supply.Slot.2", "00.1D.9C", &[]),
    part(Kind::Cpld, "27763", "CPLD.Embedded.1", "System CPLD", "1.4.2", &["1.4.0", "1.4.5"]),
    part(
        Kind::DriverPack,
        "18981",
        "DriverPack.Embedded.1:LC.Embedded.1",
        "Dell OS Driver Pack, 25.03.12, A00",
        "25.03.12",
        &["24.12.05", "25.06.09"],
    ),
    part(
        Kind::Diagnostics,
        "25806",
        "Diagnostics.Embedded.1:LC.Embedded.1",
        "Dell 64 Bit uEFI Diagnostics, version 4302, 4302A10, 4302.11",
        "4302A10",
        &["4302A08", "4302A14"],
    ),
];
