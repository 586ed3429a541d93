"""From the playbook's files to the bundle that Lambdas read: load, check, compile, release."""
