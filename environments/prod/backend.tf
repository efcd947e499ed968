# The state lives in S3, locked by a file beside it. Bucket and region are yours:
#
#   cp backend.hcl.example backend.hcl
#   terraform init -backend-config=backend.hcl
#
# To try the environment without S3, put this into override.tf, which git ignores:
#
#   terraform {
#     backend "local" {}
#   }
terraform {
  backend "s3" {
    key          = "onprem/prod.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
