/** A meeting in miniature, for decoration only. */
import type { CSSProperties } from "react";
import { Hand, Mic, MicOff, MonitorUp, PhoneOff, Video } from "lucide-react";

const PEOPLE = [
  { name: "林", tone: 172, speaking: true },
  { name: "A", tone: 232, speaking: false },
  { name: "M", tone: 18, speaking: false },
  { name: "周", tone: 292, speaking: false },
];

/** A custom property, which React's own type does not know. */
function toneOf(hue: number): CSSProperties {
  return { "--tone": hue } as CSSProperties;
}

export function Illustration() {
  return (
    <div className="mini" aria-hidden="true">
      <div className="mini-grid">
        {PEOPLE.map(({ name, tone, speaking }) => (
          <div key={name} className={speaking ? "mini-tile mini-speaking" : "mini-tile"} style={toneOf(tone)}>
            <span className="mini-face">{name}</span>
            <span className="mini-chip">{speaking ? <Mic size={12} /> : <MicOff size={12} />}</span>
          </div>
        ))}
      </div>
      <div className="mini-bar">
        <i>
          <Mic size={16} />
        </i>
        <i>
          <Video size={16} />
        </i>
        <i>
          <MonitorUp size={16} />
        </i>
        <i>
          <Hand size={16} />
        </i>
        <i className="mini-leave">
          <PhoneOff size={16} />
        </i>
      </div>
    </div>
  );
}
