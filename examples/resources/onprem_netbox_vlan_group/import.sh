# A group of VLANs is imported by its number, or by its name where no other has it.
terraform import onprem_netbox_vlan_group.campus 11
terraform import onprem_netbox_vlan_group.campus 'campus'
