# A VRF is imported by its number, or by its name where no other VRF has it.
terraform import onprem_netbox_vrf.lab 4
terraform import onprem_netbox_vrf.lab 'lab'
