/** What a role may do to another, as the server decides it: so that nothing is offered that would be refused. */
import type { Role, User } from "../../core/types";

const ROLES: Role[] = ["guest", "user", "moderator", "admin", "super_admin"];

export function isAdmin(role: Role): boolean {
  return role === "admin" || role === "super_admin";
}

export function mayChange(actor: User, target: { userId: string; role: Role }): boolean {
  if (actor.userId === target.userId) return false;
  return actor.role === "super_admin" || ROLES.indexOf(target.role) < ROLES.indexOf(actor.role);
}

/** The roles that may be given: none above one's own. */
export function grantable(actor: Role): Role[] {
  return ROLES.slice(0, ROLES.indexOf(actor) + 1);
}
