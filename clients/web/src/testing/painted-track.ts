/** A video track painted on a canvas: a person in a room, or a document on a screen. */

export function paintedTrack(hue: number, what: "face" | "screen"): MediaStreamTrack {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  const paint = () => {
    if (what === "face") paintFace(context, hue);
    else paintScreen(context);
  };
  paint();
  setInterval(paint, 500);
  const track = canvas.captureStream(5).getVideoTracks()[0];
  if (track === undefined) throw new Error("no track");
  return track;
}

function paintFace(context: CanvasRenderingContext2D, hue: number): void {
  const wall = context.createLinearGradient(0, 0, 1280, 720);
  wall.addColorStop(0, `hsl(${hue} 28% 62%)`);
  wall.addColorStop(1, `hsl(${hue + 30} 30% 34%)`);
  context.fillStyle = wall;
  context.fillRect(0, 0, 1280, 720);
  context.fillStyle = `hsl(${hue + 180} 25% 30%)`;
  context.beginPath();
  context.ellipse(640, 760, 330, 290, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = "hsl(26 45% 70%)";
  context.beginPath();
  context.ellipse(640, 330, 130, 160, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = "hsl(20 30% 18%)";
  context.beginPath();
  context.ellipse(640, 235, 145, 100, 0, Math.PI, 0);
  context.fill();
}

function paintScreen(context: CanvasRenderingContext2D): void {
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, 1280, 720);
  context.fillStyle = "#0f766e";
  context.font = "600 56px sans-serif";
  context.fillText("Quarterly review", 80, 120);
  [320, 460, 380, 560, 640, 520].forEach((height, index) => {
    context.fillStyle = index === 4 ? "#0f766e" : "#c9d6d4";
    context.fillRect(80 + index * 190, 660 - height * 0.7, 120, height * 0.7);
  });
}
