/** Whom the only one who moderates may hand the meeting over to before leaving. */
import type { Participant } from "../../../core/types";
import { useView } from "../../../ui/meeting";

/** Who has an account first, since the server appoints nobody else; null where others moderate, too. */
export function useHeirs(): Participant[] | null {
  const isHost = useView((view) => view.role === "host");
  const people = useView((view) => view.participants);
  const others = people.filter((person) => !person.isSelf);
  const isOnly = isHost && others.every(({ role }) => role !== "host" && role !== "co_host");
  if (!isOnly || others.length === 0) return null;
  return others.sort((a, b) => Number(a.isGuest) - Number(b.isGuest));
}
