resource "onprem_netbox_site" "vienna" {
  name      = "Vienna"
  time_zone = "Europe/Vienna"
  facility  = "DC 2"
}
