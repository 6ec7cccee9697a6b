"""Tools: short exercises for a hard moment, one thing a screen. Nothing is asked, kept or counted."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class Way:
    """A link at the end of a step."""

    href: str
    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Step:
    """One screen."""

    id: str
    title: str
    text: tuple[str, ...]
    links: tuple[Way, ...]
    sign: str = ""


@dataclass(frozen=True)
class Tool:
    """A tool; one without steps has a template of its own."""

    slug: str
    title: str
    name: str  # within a sentence
    summary: str
    steps: tuple[Step, ...] = ()
    stop: str = ""
    article: str = ""
    article_name: str = ""

    @property
    def path(self) -> str:
        """Where it stands."""
        return reverse("articles:tool", args=[self.slug])


BREATHE = Tool(
    "breathe", "A longer breath out", "a longer breath out", "Follow a line, up and down."
)
GROUND = Tool(
    "ground",
    "Look round the room: 5-4-3-2-1",
    "looking round the room",
    "Five senses, one after the other.",
    (
        Step(
            "five",
            "Five things you can see",
            ("Slowly, with your eyes open. Give each a detail: blue mug, chip on the rim.",),
            (Way("#four", "Next: four you can feel"),),
            "5",
        ),
        Step(
            "four",
            "Four things you can feel",
            ("The floor, a sleeve, the edge of the chair. Say what each is like.",),
            (Way("#three", "Next: three you can hear"),),
            "4",
        ),
        Step(
            "three",
            "Three things you can hear",
            ("Near ones, then far ones. A fridge counts.",),
            (Way("#two", "Next: two you can smell"),),
            "3",
        ),
        Step(
            "two",
            "Two things you can smell",
            ("A sleeve, soap, the air by the window. None is fine too.",),
            (Way("#one", "Next: one you can taste"),),
            "2",
        ),
        Step(
            "one",
            "One thing you can taste",
            ("A sip of water will do. Then say where you are, and one thing you’ll do next.",),
            (Way("#end", "I’m done"), Way("#five", "Once more", quiet=True)),
            "1",
        ),
    ),
    "A smell or a sound can bring something bad back; leave that sense out.",
    "grounding-techniques",
    "seven grounding techniques",
)
FEET = Tool(
    "feet-and-floor",
    "Feet and floor",
    "feet and floor",
    "Press and let go. It leaves breath and memories alone.",
    (
        Step(
            "press",
            "Press your feet into the floor",
            (
                "Sitting or standing, shoes on or off. Press for as long as it takes to read this line twice, then let go.",
                "If your feet hurt, press your palms together instead.",
            ),
            (Way("#notice", "Next: notice"),),
        ),
        Step(
            "notice",
            "Notice what holds you up",
            (
                "The chair, the wall, the ground. Lean on it a little more than you need to.",
                "You don’t have to feel calm. Feeling the floor is enough.",
            ),
            (Way("#look", "Next: look up"),),
        ),
        Step(
            "look",
            "Look up",
            (
                "Find the farthest thing you can see, and then something near that you like the look of.",
                "Say where you are, aloud or to yourself, and what day it is.",
            ),
            (Way("#end", "I’m done"), Way("#press", "Once more", quiet=True)),
        ),
    ),
    "Work around pain or injury.",
    "grounding-techniques",
    "seven grounding techniques",
)
THEN = Tool(
    "then-or-now",
    "Then or now?",
    "telling then from now",
    "For when something from before feels as if it were here.",
    (
        Step(
            "danger",
            "Is somebody or something here a danger to you now?",
            (
                "If so, or if you can’t tell, this isn’t the tool. Trust the part of you that wants to be safe.",
            ),
            (
                Way("/get-help/", "Yes, or I can’t tell"),
                Way("#match", "No, it’s a reminder", quiet=True),
            ),
        ),
        Step(
            "match",
            "What is like it was then?",
            (
                "One thing will do: “It’s that smell.” “He has the same voice.”",
                "If you can’t find it, say, “Something here is like then.”",
                "No need to go into what happened.",
            ),
            (Way("#differ", "Next: what’s different"),),
        ),
        Step(
            "differ",
            "What’s different now?",
            (
                "Find three things you can see or touch. The room. Your clothes. How old your hands are. Who isn’t here.",
            ),
            (Way("#can", "Next: what you can do"),),
        ),
        Step(
            "can",
            "Do one thing you couldn’t do then",
            (
                "Stand up. Open the door. Ring someone. Turn on every light. Read today’s date aloud.",
                "Then go on with what you were doing, at half speed.",
            ),
            (Way("#end", "I’m done"), Way("#match", "Once more", quiet=True)),
        ),
    ),
    "If going near the memory pulls you in, leave it and keep moving.",
    "trauma-triggers",
    "triggers, and what helps",
)
TOOLS = {tool.slug: tool for tool in (BREATHE, GROUND, FEET, THEN)}
