//! A client for the Redfish API of Dell iDRAC.
