/**
 * Access tokens of Google's own library, which is loaded when the first one is needed.
 * @module
 */
import { delay, systemClock } from "../../_internal/clock.ts";
import { CODES, PubsubError } from "./status.ts";

/** Answers an access token; called for each request, so it should keep the token for as long as it is valid. */
export type TokenProvider = () => Promise<string>;

const SCOPE = "https://www.googleapis.com/auth/pubsub";

/** The application's default credentials: a key file, `gcloud`'s, or the machine's own. The library need not look for the project. */
export function googleCredentials(projectId: string): TokenProvider {
  let auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined;
  return async () => {
    auth ??= import("google-auth-library").then(({ GoogleAuth }) =>
      new GoogleAuth({ projectId, scopes: [SCOPE] })
    );
    const token = await (await auth).getAccessToken();
    if (!token) throw new TypeError("Cannot use Google's credentials as they hold no access token");
    return token;
  };
}

/** Errors as everything else here throws them: one that may pass is `UNAVAILABLE`, else `UNAUTHENTICATED`. */
export function guarded(provider: TokenProvider, host: string): TokenProvider {
  return async () => {
    try {
      return await provider();
    } catch (error) {
      const code = mayPass(error) ? CODES.UNAVAILABLE : CODES.UNAUTHENTICATED;
      const details = `no access token: ${error instanceof Error ? error.message : String(error)}`;
      throw new PubsubError("connect", host, { code, details }, { cause: error });
    }
  };
}

/** How long {@linkcode firstToken} waits. */
export interface FirstTokenOptions {
  /** In milliseconds. */
  readonly timeout: number;
  /** Aborted when the caller no longer waits. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Asks for a token before anything needs it, so that a missing one is known at once. Rejects with the signal's reason, and
 * with a {@linkcode PubsubError} that may pass when its time is up.
 */
export async function firstToken(
  token: TokenProvider,
  host: string,
  { timeout, signal }: FirstTokenOptions,
): Promise<void> {
  const answered = new AbortController();
  const over = AbortSignal.any(signal ? [signal, answered.signal] : [answered.signal]);
  try {
    const late = delay(systemClock, timeout, over).then(() => false);
    if (await Promise.race([token().then(() => true), late])) return;
  } finally {
    answered.abort();
  }
  signal?.throwIfAborted();
  const details = `no access token within ${timeout} ms`;
  throw new PubsubError("connect", host, { code: CODES.UNAVAILABLE, details });
}

/** A network failure or an answer like "503" may pass; a missing or refused key does not. */
function mayPass(error: unknown): boolean {
  const { code, status, response } = error as Partial<Record<"code" | "status", unknown>> & {
    response?: { status?: unknown };
  };
  const answer = Number(response?.status ?? status);
  if (answer === 408 || answer === 429 || answer >= 500) return true;
  return typeof code === "string" && /^(E[A-Z]+|ERR_NETWORK)$/.test(code) && code !== "ENOENT" &&
    code !== "EACCES";
}
