/**
 * The main module of a child on Bun and Node; on Deno, see `spawn.ts`. Found beside `spawn.ts` by its name.
 *
 * @module
 */
import { serve } from "./serve.ts";

serve((url) => import(url));
