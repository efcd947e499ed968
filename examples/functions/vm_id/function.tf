locals {
  guests = toset(["web-01", "web-02", "db-01"])
}

output "numbers" {
  value = {
    for name in local.guests :
    name => provider::onprem::vm_id(name, { first = 10000, last = 19999 })
  }
}
