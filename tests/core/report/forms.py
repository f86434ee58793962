"""The same answers in seven forms: what is said is the same, how it is said is not."""

from __future__ import annotations

FORMS: tuple[dict[str, str], ...] = (
    {
        "polished": (
            "I rebuilt the import last spring because the old one failed every night. We considered Spark and "
            "decided against it. It went down from nine hours to forty minutes, at the cost of more memory."
        ),
        "learner": (
            "Last spring I rebuild the import because old one is fail every night. We consider also Spark but "
            "decide against. From nine hours it go to forty minutes, the cost is more memory, but it is okay."
        ),
        "present": (
            "I rebuild the import because the old one fails every night. We are considering Spark and decide "
            "against it. It goes down from nine hours to forty minutes, at the cost of more memory."
        ),
        "short": (
            "I rebuilt the import last spring. Because the old one failed. Every night. We considered Spark. We "
            "decided against it. It went from nine hours to forty minutes. At the cost of more memory."
        ),
        "fillers": (
            "So, um, I, uh, rebuilt the, you know, import last spring because, um, the old one, like, failed "
            "every night. We, uh, considered Spark and, um, decided against it. It went down from, um, nine hours "
            "to, uh, forty minutes, at the, like, cost of more memory."
        ),
        "mixed German": (
            "Ich habe den Import neu gebaut, weil der alte jede Nacht failed. Wir considered Spark, aber decided "
            "against it. Es ging von nine hours auf forty minutes, auf Kosten von mehr memory."
        ),
        "mixed Hindi": (
            "Maine import dobara banaya last spring, kyunki purana wala har raat fail hota tha. Humne Spark "
            "consider kiya but decided against it. Nine hours se forty minutes pe aa gaya, at the cost of more "
            "memory, lekin theek hai."
        ),
    },
    {
        "polished": (
            "I led the move of our session store from MySQL to Redis. We compared it with Memcached and chose "
            "Redis because it persists. One failover lost four hundred sessions, so we accepted slower writes. "
            "Latency dropped from 90 to 12 milliseconds."
        ),
        "learner": (
            "I lead moving of session store from MySQL to Redis. We compare with Memcached and choose Redis "
            "because it is persist. One failover lose four hundred session, so we accept slower write. Latency "
            "drop from 90 to 12 millisecond."
        ),
        "present": (
            "I lead the move of our session store from MySQL to Redis. We compare it with Memcached and choose "
            "Redis because it persists. One failover loses four hundred sessions, so we accept slower writes. "
            "Latency drops from 90 to 12 milliseconds."
        ),
        "short": (
            "I moved the session store. MySQL to Redis. We compared Memcached. Redis persists. Because of that, "
            "Redis. A failover lost four hundred sessions. We accepted slower writes. Latency dropped from 90 to "
            "12 milliseconds."
        ),
        "fillers": (
            "So um I like led the move of uh our session store from MySQL to Redis. We you know compared it with "
            "uh Memcached and um chose Redis because uh it persists. One um failover lost like four hundred "
            "sessions, so we uh accepted um slower writes. Latency uh dropped from like 90 to um 12 milliseconds."
        ),
        "mixed German": (
            "Ich habe unseren Session Store von MySQL auf Redis umgezogen. Wir haben Memcached verglichen und "
            "Redis genommen, weil es persistiert. Ein Failover hat vierhundert Sessions verloren, also haben wir "
            "langsamere Writes akzeptiert. Die Latenz sank von 90 auf 12 Millisekunden."
        ),
        "mixed Hindi": (
            "Maine session store MySQL se Redis pe move kiya. Humne Memcached se compare kiya aur Redis liya "
            "kyunki wo persist karta hai. Ek failover mein four hundred sessions lost ho gaye, to humne slower "
            "writes accept kiye. Latency 90 se 12 milliseconds ho gayi."
        ),
    },
    {
        "polished": (
            "We rewrote the billing export as a streaming job, since the batch version ran out of memory each "
            "month end. I considered simply buying a larger machine but it would only delay the problem. It now "
            "finishes in eleven minutes, and next time I would measure first."
        ),
        "learner": (
            "We rewrite billing export as streaming job, because batch version is out of memory every month end. "
            "I consider to buy larger machine but it only delay the problem. Now it finish in eleven minute, and "
            "next time I measure first."
        ),
        "present": (
            "We rewrite the billing export as a streaming job, since the batch version runs out of memory each "
            "month end. I consider simply buying a larger machine but it only delays the problem. It now finishes "
            "in eleven minutes, and next time I measure first."
        ),
        "short": (
            "We rewrote the billing export. It streams now. The batch version ran out of memory. Since it held "
            "everything. I considered a larger machine. But it only delays the problem. It now takes eleven "
            "minutes. Next time I measure first."
        ),
        "fillers": (
            "Um we uh rewrote the billing export as like a streaming job, since uh the batch version um ran out "
            "of memory each month end. I uh considered like simply buying a larger machine but um it would only "
            "delay the problem. It now uh finishes in like eleven minutes, and um next time I would measure "
            "first."
        ),
        "mixed German": (
            "Wir haben den Billing Export als Streaming Job neu geschrieben, weil die Batch Version jeden Monat "
            "out of memory lief. Ich habe überlegt, einfach eine größere Maschine zu kaufen, statt dessen haben "
            "wir umgebaut, aber das verschiebt nur das Problem. Jetzt ist er in elf Minuten fertig, und nächstes "
            "Mal messe ich zuerst."
        ),
        "mixed Hindi": (
            "Humne billing export ko streaming job banaya kyunki batch version har month end pe out of memory ho "
            "jata tha. Maine bada machine lene ka consider kiya lekin wo problem sirf delay karta. Ab eleven "
            "minutes mein ho jata hai, aur next time main pehle measure karunga."
        ),
    },
    {
        "polished": (
            "My part was the retry policy of the payment client. Every retry hit the bank at the same moment and "
            "took it down, so I added jitter and a circuit breaker. The price was that some payments wait two "
            "minutes. Since then we have had no outage of that kind."
        ),
        "learner": (
            "My part is retry policy of payment client. Every retry hit bank in same moment and it go down, so I "
            "add jitter and circuit breaker. The price is some payment wait two minutes. Since then we don't have "
            "outage like that."
        ),
        "present": (
            "My part is the retry policy of the payment client. Every retry hits the bank at the same moment and "
            "takes it down, so I add jitter and a circuit breaker. The price is that some payments wait two "
            "minutes. Since then we have no outage of that kind."
        ),
        "short": (
            "My part was the retry policy. Every retry hit the bank. All at the same moment. It went down. I "
            "added jitter. And a circuit breaker. The price was waiting. Some payments wait two minutes. Since "
            "then no outage."
        ),
        "fillers": (
            "My um part was uh the retry policy of the payment client. Every retry like hit the bank at um the "
            "same moment and took it down, so I uh added jitter and like a circuit breaker. The uh price was that "
            "some payments wait um two minutes. Since uh then we have had no outage of that kind."
        ),
        "mixed German": (
            "Mein Teil war die Retry Policy vom Payment Client. Jeder Retry traf die Bank im selben Moment und "
            "hat sie lahmgelegt, also habe ich Jitter und einen Circuit Breaker eingebaut. Der Preis war, dass "
            "manche Payments zwei Minuten warten. Seitdem hatten wir keinen Ausfall mehr."
        ),
        "mixed Hindi": (
            "Mera part payment client ki retry policy thi. Har retry bank ko same moment pe hit karta tha aur wo "
            "down ho jata tha, to maine jitter aur circuit breaker add kiya. The price was ki kuch payments do "
            "minutes wait karte hain. Tab se koi outage nahi hua."
        ),
    },
)
