// SPDX-License-Identifier: GPL-3.0-or-later
// The short run of soak.mjs.

import { claim, main } from "../e2e/lib.mjs";
import { soak } from "./soak.mjs";

await main(() => claim("forty viewers come and go, and nothing of them stays", () => soak(20, 40)));
