/**
 * Which failures may pass.
 * @module
 */
import { MessageValidationError } from "../contract/errors.ts";

/** Whether another attempt may end differently: a message that is not valid stays so. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof MessageValidationError);
}
