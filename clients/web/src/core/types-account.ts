/** One's own account beyond its name, and the accounts of others for administrators. Times are ISO 8601. */
import type { Quality, Role, User } from "./types";

export interface ServerConfig {
  registrationOpen: boolean;
  /** Whether letters leave: without, nobody gets a link to a new password by itself. */
  mail: boolean;
  providers: { name: string; title: string }[];
}

export interface Session {
  sessionId: string;
  createdAt: string;
  usedAt: string;
  address: string | null;
  userAgent: string | null;
  current: boolean;
}

export interface AccessToken {
  tokenId: string;
  name: string;
  /** How it begins. */
  hint: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  usedAt: string | null;
}

export interface Identity {
  provider: string;
  createdAt: string;
  usedAt: string;
}

/** What has to do with proving who one is, and with what is kept. */
export interface Security {
  config(): Promise<ServerConfig>;
  forgotPassword(email: string): Promise<void>;
  resetPassword(input: { token: string; password: string }): Promise<void>;
  confirmEmail(token: string): Promise<void>;
  /** `current` null: the account has no password yet. */
  changePassword(input: { current: string | null; password: string }): Promise<void>;
  /** A letter goes to the new address. */
  changeEmail(input: { email: string; password: string | null }): Promise<void>;
  verifyEmail(): Promise<void>;
  setAvatar(picture: Blob): Promise<void>;
  deleteAvatar(): Promise<void>;
  sessions(): Promise<Session[]>;
  endSession(sessionId: string): Promise<void>;
  tokens(): Promise<{ items: AccessToken[]; grantable: string[] }>;
  /** The token itself is answered this once. */
  createToken(input: { name: string; scopes: string[]; expiresAt: string | null }): Promise<AccessToken & { token: string }>;
  deleteToken(tokenId: string): Promise<void>;
  identities(): Promise<Identity[]>;
  /** Where the browser goes to link the account with a provider. */
  linkIdentity(provider: string): Promise<string>;
  unlinkIdentity(provider: string, password: string | null): Promise<void>;
  exportAccount(): Promise<Blob>;
  deleteAccount(password: string | null): Promise<void>;
}

export interface AdminUser extends User {
  disabledAt: string | null;
}

export interface AuditEntry {
  auditId: number;
  at: string;
  action: string;
  userId: string | null;
  address: string | null;
  detail: Record<string, unknown>;
}

interface AuditCheck {
  sound: boolean;
  entries: number;
  head: string;
  flaws: { auditId: number | null; kind: string }[];
}

export interface LiveParticipant {
  participantId: string;
  displayName: string;
  role: string;
  state: "joining" | "connected" | "reconnecting";
  joinedAt: string;
  quality: Quality | null;
}

export interface LiveMeeting {
  meetingId: string;
  meetingNo: string;
  title: string;
  hostName: string;
  startedAt: string;
  participants: LiveParticipant[];
}

/** A program that gets tokens by OAuth 2 client credentials. */
export interface OAuthClient {
  clientId: string;
  name: string;
  /** Of the account that it acts for. */
  displayName: string;
  scopes: string[];
  createdAt: string;
  usedAt: string | null;
}

/** With the secret, this once. */
export interface CreatedClient extends OAuthClient {
  clientSecret: string;
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** For administrators; everything else is refused with `forbidden`. */
export interface Administration {
  users(input: { search: string; cursor: string | null }): Promise<Page<AdminUser>>;
  createUser(input: { email: string; displayName: string; role: Role; locale: string }): Promise<AdminUser>;
  ban(userId: string): Promise<AdminUser>;
  unban(userId: string): Promise<AdminUser>;
  logOut(userId: string): Promise<void>;
  changeRole(userId: string, role: Role): Promise<AdminUser>;
  /** A link to a new password, to be handed over. */
  resetLink(userId: string): Promise<{ url: string; expiresAt: string }>;
  deleteUser(userId: string): Promise<void>;
  audit(input: { action: string; userId: string; cursor: string | null }): Promise<Page<AuditEntry>>;
  verifyAudit(): Promise<AuditCheck>;
  live(): Promise<LiveMeeting[]>;
  /** `grantable`: what a client may be given, by the role of the account that it acts for. */
  clients(cursor: string | null): Promise<Page<OAuthClient> & { grantable: { role: Role; scopes: string[] }[] }>;
  createClient(input: { name: string; scopes: string[]; userId: string }): Promise<CreatedClient>;
  rotateClientSecret(clientId: string): Promise<CreatedClient>;
  deleteClient(clientId: string): Promise<void>;
}
