"""Apps and games: what runs on a phone, a console or a desk, away from those who wrote it."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, SEASONED, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "mobile",
        "interface",
        Domain.WEB,
        entries(
            "iOS",
            "SwiftUI|UIKit",
            "Android: android sdk",
            "Jetpack Compose: jetpack compose",
            "React Native: expo",
            "Flutter: dart",
            "~Mobile development: mobile apps, mobile app",
            "~App architecture: mvvm, mvi, viper, dagger, hilt",
        ),
        words(
            "app screen background foreground permission lifecycle view views model navigation stack back link main ui"
            " device devices rotate text size gesture animation list scroll state layout keyboard dark tablet platform"
            " native shared dependency injection module modular preview"
        ),
        (
            ask(
                "Tell me about a screen in an app of yours that was harder to build than it looked. What made it hard?",
                "What happens there when the text is twice as large or the device is turned?",
                "What would you build differently today?",
                purpose="Interface work on small devices, down to the cases users meet.",
            ),
            ask(
                "Walk me through how a user moves through an app you built, and how a link from outside gets in.",
                "Where did that become complicated?",
                "What does the user see after the system has closed the app in between?",
                purpose="Navigation, state and the life cycle of an app.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe the architecture of an app you worked on. What do its screens not know about?",
                "Which change was easy because of that, and which was not?",
                "Where did you break your own rule?",
                purpose="Structure of an app, judged by changes.",
            ),
            ask(
                "Describe a decision between native and shared code that you had to live with. What was it based on?",
                "What did it cost a year later?",
                "What would you look at if you had to decide again?",
                purpose="Platform choices weighed by consequences.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "mobile_data",
        "stores",
        Domain.WEB,
        entries(
            "Core Data|Realm|SwiftData",
            "Room: Room, room database",
            "~Offline support: offline mode, offline sync, local storage, local persistence, offline capability",
            "~Push notifications: push notification",
            "Retrofit|Alamofire",
        ),
        words(
            "offline network store stored sync synchronise conflict cache queue retry migration schema version device"
            " devices server merge timestamp local database disk request background token push delivery stale"
        ),
        (
            ask(
                "Walk me through a feature that has to work when the phone has no network. What did you store, and"
                " where?",
                "What happens when two devices changed the same thing?",
                "Which case did you decide not to handle?",
                purpose="Offline behaviour, synchronisation and their limits.",
            ),
            ask(
                "Tell me about data on the phone whose shape you had to change with an update. How did you bring"
                " everybody's data along?",
                "What about users who skipped three versions?",
                "How did you test it before they got it?",
                purpose="Migrating data that is out of reach.",
            ),
        ),
    ),
    Cluster(
        "mobile_release",
        "operations",
        Domain.WEB,
        entries(
            "Fastlane|Bitrise|TestFlight|Crashlytics",
            "~App releases: app store, google play, play store, crash-free rate, crash reports, phased rollout",
        ),
        words(
            "crash crashes report symbolicate version versions rollout phased percent review store rejected build sign"
            " certificate flag hotfix users update old device devices monitor rate reproduce beta startup launch"
        ),
        (
            ask(
                "Tell me about a crash in a released app that you could not reproduce at first. How did you get to it?",
                "What did the crash reports not tell you?",
                "How long did it take until users had the fix?",
                purpose="Working with code that is out of reach once it is released.",
            ),
            ask(
                "Walk me through how a change of yours gets from your machine onto users' phones.",
                "Where does it wait longest?",
                "What can you still do if it turns out to be bad?",
                purpose="Releasing without a way back.",
            ),
        ),
    ),
    Cluster(
        "mobile_threads",
        "code",
        Domain.WEB,
        entries(
            "Swift",
            "Objective-C: objective c",
            "Combine: Combine, swift concurrency, rxswift",
            "Coroutines: kotlin coroutines, coroutines, kotlin flow, rxjava",
        ),
        words(
            "thread threads main background async await task cancel cancelled coroutine scope flow publisher subscriber"
            " retain cycle leak memory actor race lock queue dispatch callback closure frozen hang frame optional type"
            " value struct class protocol"
        ),
        (
            ask(
                "Tell me about an app that froze or stuttered because its main thread was kept busy. How did you find"
                " what held it up?",
                "What did you move away, and what had to stay?",
                "How do you notice such a thing before users do?",
                purpose="Concurrency where every blocked frame is seen.",
            ),
            ask(
                "Describe work an app of yours does at the same time as the user goes on. What happens when they leave"
                " half way?",
                "Who cancels it, and what remains?",
                "Which bug taught you to do it this way?",
                purpose="Life time and cancellation of concurrent work.",
            ),
            ask(
                "Tell me about memory that an app never gave back. How did you find who held on to it?",
                "What did the tools show, and what did they hide?",
                "What do you write differently since then?",
                purpose="Ownership of objects, met in practice.",
                levels=HANDS_ON,
            ),
        ),
    ),
    Cluster(
        "games",
        "code",
        Domain.WEB,
        entries(
            "Unreal Engine: unreal, ue5, Blueprints",
            "Unity: Unity, unity3d",
            "~Game development: gameplay, gameplay systems, game engine, game engines, game programming, shipped title",
            "~Multiplayer: network replication, netcode",
            "~Graphics programming: shaders, opengl, vulkan, directx, 3d math",
            "~Frame rate: fps, game consoles",
        ),
        words(
            "frame frames millisecond milliseconds draw call physics collision animation player input controller level"
            " designer prototype feel tick replicate prediction lag server host asset memory console profile budget"
            " engine scene object pool script state machine camera"
        ),
        (
            ask(
                "Walk me through a frame that took too long in a game you worked on. Where did the milliseconds go?",
                "What did you change first, and what did it bring?",
                "What did the game lose by it, if anything?",
                purpose="A frame budget, met by measurement.",
            ),
            ask(
                "Tell me about a game mechanic that felt wrong when people played it. How did you get it right?",
                "What did you try that made it worse?",
                "How did you and the designers decide that it was done?",
                purpose="Iterating on how something feels, with the code behind it.",
            ),
            ask(
                "Describe gameplay code that others had to extend after you. What did you make easy for them?",
                "What did they do with it that you had not expected?",
                "Which part would you take out of their hands today?",
                purpose="Structure of game code that designers and programmers share.",
            ),
        ),
    ),
)
