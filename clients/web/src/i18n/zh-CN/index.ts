/** All Chinese texts, by the feature that says them. */
import { byFeature } from "../by-feature";

export const texts = byFeature(import.meta.glob<object>("./*.json", { eager: true, import: "default" }));
