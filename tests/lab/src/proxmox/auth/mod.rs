//! Who asks, and what they may: API tokens, tickets, users, roles and the access control list.

mod login;
mod permissions;
mod roles;
pub(crate) mod users;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub(crate) use login::{authenticate, ticket};
pub(crate) use permissions::{check_permissions, own_permissions};

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) user: String,
    /// Name of the API token; `None` for a ticket.
    pub(crate) token: Option<String>,
}

impl Identity {
    /// Whether this is `root@pam` with a ticket, the only one whom some options listen to.
    pub(crate) fn is_root(&self) -> bool {
        self.user == "root@pam" && self.token.is_none()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.token {
            Some(token) => write!(formatter, "{}!{token}", self.user),
            None => formatter.write_str(&self.user),
        }
    }
}

/// Users, roles and grants of the cluster.
#[derive(Debug, Default)]
pub(crate) struct Access {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeMap<String, Option<String>>,
    pub(crate) roles: BTreeMap<String, BTreeSet<String>>,
    pub(crate) grants: Vec<Grant>,
    /// Key of tickets and CSRF tokens.
    pub(crate) secret: [u8; 16],
}

/// One user.
#[derive(Clone, Debug, Default)]
pub(crate) struct User {
    pub(crate) password: Option<String>,
    pub(crate) enabled: bool,
    /// Seconds since 1970; 0 means never.
    pub(crate) expire: u64,
    pub(crate) groups: BTreeSet<String>,
    /// Comment, email, firstname, lastname, as far as given.
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) tokens: BTreeMap<String, Token>,
}

/// One API token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Token {
    pub(crate) secret: String,
    pub(crate) privsep: bool,
    pub(crate) expire: u64,
    pub(crate) comment: Option<String>,
}

/// One line of the access control list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grant {
    pub(crate) path: String,
    /// `user`, `group` or `token`.
    pub(crate) kind: &'static str,
    /// User, group or full token id.
    pub(crate) to: String,
    pub(crate) role: String,
    pub(crate) propagate: bool,
}

impl Access {
    /// The built-in roles, and `root@pam` with one token without privilege separation.
    pub(crate) fn new(token_name: &str, token: &str, password: &str) -> Self {
        let owned =
            |privileges: &[&str]| privileges.iter().map(|text| (*text).to_owned()).collect();
        let mut roles: BTreeMap<String, BTreeSet<String>> = roles::ROLES
            .iter()
            .map(|(name, privileges)| ((*name).to_owned(), owned(privileges)))
            .collect();
        roles.insert("Administrator".to_owned(), owned(roles::PRIVILEGES));
        let token = Token { secret: token.to_owned(), ..Token::default() };
        let root = User {
            password: Some(password.to_owned()),
            enabled: true,
            tokens: BTreeMap::from([(token_name.to_owned(), token)]),
            ..User::default()
        };
        Self {
            users: BTreeMap::from([("root@pam".to_owned(), root)]),
            roles,
            secret: rand::random(),
            ..Self::default()
        }
    }

    /// Whether a role is part of every installation.
    pub(crate) fn is_special(role: &str) -> bool {
        role == "Administrator" || roles::ROLES.iter().any(|(name, _)| *name == role)
    }

    /// Privileges of the caller on a path, each with whether it propagates.
    pub(crate) fn privileges(&self, who: &Identity, path: &str) -> BTreeMap<String, bool> {
        let of_user = self.privileges_of(&who.user, None, path);
        let Some(token) = &who.token else { return of_user };
        let privsep = self
            .users
            .get(&who.user)
            .and_then(|user| user.tokens.get(token))
            .is_none_or(|t| t.privsep);
        if !privsep {
            return of_user;
        }
        let of_token = self.privileges_of(&who.user, Some(token), path);
        of_token
            .into_iter()
            .filter_map(|(privilege, propagate)| {
                of_user.get(&privilege).map(|both| (privilege, propagate && *both))
            })
            .collect()
    }

    pub(crate) fn allowed(&self, who: &Identity, path: &str, privilege: &str) -> bool {
        self.privileges(who, path).contains_key(privilege)
    }

    fn privileges_of(&self, user: &str, token: Option<&str>, path: &str) -> BTreeMap<String, bool> {
        if user == "root@pam" && token.is_none() {
            return roles::PRIVILEGES.iter().map(|text| ((*text).to_owned(), true)).collect();
        }
        let Some(known) = self.users.get(user) else { return BTreeMap::new() };
        // Each level of the path that says something replaces what the levels above said, and
        // what is granted to the user replaces what the groups get at that level.
        let mut roles: BTreeMap<&str, bool> = BTreeMap::new();
        for level in levels(path) {
            let at_level =
                |grant: &&Grant| grant.path == level && (grant.propagate || level == path);
            let to_user: Vec<&Grant> = self
                .grants
                .iter()
                .filter(at_level)
                .filter(|grant| match token {
                    Some(token) => grant.kind == "token" && grant.to == format!("{user}!{token}"),
                    None => grant.kind == "user" && grant.to == user,
                })
                .collect();
            let chosen = if to_user.is_empty() && token.is_none() {
                self.grants
                    .iter()
                    .filter(at_level)
                    .filter(|grant| grant.kind == "group" && known.groups.contains(&grant.to))
                    .collect()
            } else {
                to_user
            };
            if !chosen.is_empty() {
                roles = chosen.iter().map(|g| (g.role.as_str(), g.propagate)).collect();
            }
        }
        if roles.contains_key("NoAccess") {
            return BTreeMap::new();
        }
        let mut privileges = BTreeMap::new();
        for (role, propagate) in roles {
            for privilege in self.roles.get(role).into_iter().flatten() {
                *privileges.entry(privilege.clone()).or_insert(false) |= propagate;
            }
        }
        privileges
    }
}

/// `/`, `/vms`, `/vms/100` for `/vms/100`.
fn levels(path: &str) -> Vec<String> {
    let mut levels = vec!["/".to_owned()];
    let mut so_far = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        so_far.push('/');
        so_far.push_str(segment);
        levels.push(so_far.clone());
    }
    levels
}

/// Whether a text names a privilege.
pub(crate) fn is_privilege(text: &str) -> bool {
    roles::PRIVILEGES.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(path: &str, kind: &'static str, to: &str, role: &str) -> Grant {
        Grant {
            path: path.to_owned(),
            kind,
            to: to.to_owned(),
            role: role.to_owned(),
            propagate: true,
        }
    }

    #[test]
    fn a_separated_token_has_what_both_have() {
        let mut access = Access::new("lab", "secret", "password");
        let token = Token { privsep: true, ..Token::default() };
        let tokens = BTreeMap::from([("t".to_owned(), token)]);
        let user = User { enabled: true, tokens, ..User::default() };
        access.users.insert("bob@pve".to_owned(), user);
        let who = Identity { user: "bob@pve".to_owned(), token: Some("t".to_owned()) };
        access.grants.push(grant("/vms", "user", "bob@pve", "PVEVMUser"));
        assert!(!access.allowed(&who, "/vms/100", "VM.Audit"));
        access.grants.push(grant("/vms", "token", "bob@pve!t", "PVEVMAdmin"));
        assert!(access.allowed(&who, "/vms/100", "VM.Audit"));
        assert!(!access.allowed(&who, "/vms/100", "VM.Allocate"));
        access.grants.push(grant("/vms/100", "token", "bob@pve!t", "NoAccess"));
        assert!(!access.allowed(&who, "/vms/100", "VM.Audit"));
    }
}
