"""Names in drafts: fifty as teachers write them, and texts that hold none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.services import requests, student_names
from matchmaker.services.requests import PossibleStudentName, RequestDraft
from models import LearningRequest, OutboxItem
from tests.cast import Cast
from tests.services.conftest import acting

ENGLISH = """
Mateo G. and his table are already mapping their street, and look at the models every day.
My student Jayden Cruz keeps a color diary of the evenings.
One of my kids, Aaliyah, lives right beside the wash and has seen it over the road.
We are building models. Xochitl wants to know where the water goes.
Sofia's grandmother has offered to bring her loom to our room.
Brayden and Camila will greet the visitor at the office.
In my third period there is a boy named Tadeo who takes apart every radio he finds.
My fifth graders, above all Emma, love anything that flies.
Liam is a seventh grader who already speaks to the council.
A visitor could sit with Diego and the robotics group.
Last week Nayeli asked why the moon is out in the morning.
We have a girl called Aponi whose family keeps sheep.
Ethan Ramirez uses a wheelchair, so the walk has to be flat.
Please do not ask about family: Lucas lost his dad this year.
The drawing of Itzel and her brother is on our door.
Isaiah T. would be the one to thank them.
Three of them (Olivia, Noah and Kai) have never been to a farm.
Our reporter is Jasmine, who has questions ready.
mateo and his group built a dam out of popsicle sticks.
my student lucia has a telescope at home.
Someone should see what Anthony made with the glue gun.
Yesterday Zitlali said that stars are holes.
Angelina's team wants to film it.
Student Hector B. needs a Spanish speaker.
Room 12, ask for Valeria at the door.
"""
SPANISH = """
Mateo G. y su mesa ya están midiendo la calle donde viven.
Mi alumna Lucía Ríos tiene un telescopio en su casa.
Tengo un niño llamado Tadeo que desarma todos los radios.
La abuela de Itzel sabe tejer en telar y quiere venir.
Estamos haciendo maquetas y Xóchitl quiere saber a dónde va el agua.
Camila y su mamá hornean pan los domingos.
Diego es alumno de séptimo y ya habló con el cabildo.
En mi grupo hay una niña que se llama Aponi y cuida borregas.
Santiago R. sería quien da las gracias.
Ayer Nayeli preguntó por qué la luna sale de día.
Queremos que alguien vea lo que hizo Emiliano con el cartón.
Tres de ellos (Renata, Iker y Ximena) nunca han ido a una granja.
mateo y su equipo hicieron una presa con palitos.
El papá de Regina es ladrillero.
Mi estudiante Yahir usa silla de ruedas, así que el camino debe ser plano.
No pregunten por la familia: Lucas perdió a su papá este año.
El dibujo de Zitlali está en la puerta.
Valentina hará las preguntas.
Uno de mis alumnos, Joaquín, ya sabe soldar.
El equipo de Paulina quiere filmarlo.
Necesitamos a alguien que hable con Fernanda en señas.
Salón 12, preguntar por Valeria en la puerta.
Las hermanas Jimena y Julieta traen las semillas.
Sebastián dijo que las estrellas son agujeros.
Mi grupo, y más que nadie Leonardo, ama todo lo que vuela.
"""
DRAFTS = [*ENGLISH.strip().splitlines(), *SPANISH.strip().splitlines()]
NOBODY = """
We live by San Diego Street, behind Tres Hermanas Middle School, and walk along the Santa Cruz River to San Xavier.
Several students want to know who built the acequias. They drew maps, and their grandmothers remember the names.
My students meet Mr. Daniel at the gate. Maestra Ana and Coach Tony come along. We read about the Martin Street bridge.
Our class will mark the high water with chalk. In April we grow beans; may the best garden win. Ask at the front office.
Mis alumnos viven junto al río San Pedro. Ella sabe coser y él canta. La maestra Lucía y don Ramón nos acompañan.
Which students walk, and how many? ¿Cuántos alumnos son? ¿Qué alumno no pregunta?
Las niñas y los niños de cuarto leen sobre el agua. Yo leo con ellos cada viernes. El salvador es un árbol de sombra.
"""


def test_fifty_drafts_are_seeded() -> None:
    assert len(DRAFTS) == len(set(DRAFTS)) == 50


@pytest.mark.parametrize("where", ["title", "text", "place"])
def test_no_draft_with_a_student_s_name_reaches_storage(session: Session, cast: Cast, clock: Clock, where: str) -> None:
    plain = RequestDraft(title="Who built the acequias?", text="We are reading about water rights.")
    stored = []
    for draft in DRAFTS:
        try:
            requests.post(session, acting(cast.ana.account), cast.ana, replace(plain, **{where: draft}), clock)
        except PossibleStudentName:
            continue
        stored.append(draft)
    assert stored == []
    assert session.scalar(select(func.count(LearningRequest.id))) == 0
    assert session.scalar(select(func.count(OutboxItem.id))) == 0


@pytest.mark.parametrize("text", NOBODY.strip().splitlines(), ids=range(7))
def test_texts_without_a_student_s_name_are_not_asked_about(text: str) -> None:
    assert student_names.in_request(text) == []


@pytest.mark.parametrize("draft", DRAFTS)
def test_names_taken_out_are_not_asked_about_again(draft: str) -> None:
    names = student_names.in_request(draft)
    assert student_names.in_request(student_names.without(draft, names, "a student")) == []
