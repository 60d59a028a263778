// Every sentence of the console, Chinese and English side by side: a key cannot exist in one language only.
import { alerts } from "./alerts";
import { audiences } from "./audiences";
import { canvas } from "./canvas";
import { channels } from "./channels";
import { common } from "./common";
import { data } from "./data";
import { effects } from "./effects";
import { events } from "./events";
import { groupreach } from "./groupreach";
import { gate } from "./gate";
import { guides } from "./guides";
import { handover } from "./handover";
import { imports } from "./imports";
import { journeys } from "./journeys";
import { leads } from "./leads";
import { people } from "./people";
import { person } from "./person";
import { posters } from "./posters";
import { see } from "./see";
import { sell } from "./sell";
import { session } from "./session";
import { settings } from "./settings";
import { wecom } from "./wecom";
import { messages } from "./messages";
import { welcomes } from "./welcomes";

export type Pair = readonly [zh: string, en: string];
export const words = { ...common, ...session, ...people, ...person, ...sell, ...data, ...events, ...imports, ...settings, ...see, ...audiences, ...wecom, ...channels, ...posters, ...messages, ...gate, ...effects, ...welcomes, ...groupreach, ...guides, ...handover, ...alerts, ...leads, ...journeys, ...canvas };
