"""The columns of each kind of spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping

from matchmaker.services.sheets import glossary as words
from matchmaker.services.sheets import times
from matchmaker.services.sheets.cells import Email, Name, Number, OneOf, Phone, SeveralOf, Text, Whole, YesNo
from matchmaker.services.sheets.columns import Column
from models import SheetKind

KEY = Column(
    "key", Text(80), "Key", "Clave", "id|row id|record id|record key|source key|folio|identificador|no"
)  # fmt: skip

SCHOOLS = (
    KEY,
    Column("name", Text(120), "School", "Escuela", "name|school name|site|nombre|nombre de la escuela|plantel",
           required=True, example=("Cottonwood Wash Middle School", "Secundaria Arroyo del Álamo")),
    Column("district", Text(120), "District", "Distrito", "school district|lea|distrito escolar",
           example=("Cottonwood Unified", "Distrito Álamo")),
    Column("neighbourhood", Text(120), "Neighborhood", "Barrio", "neighbourhood|area|colonia|zona",
           example=("Las Norias", "Las Norias")),
    Column("latitude", Number(-90, 90), "Latitude", "Latitud", "lat", example=("32.205", "32.205")),
    Column("longitude", Number(-180, 180), "Longitude", "Longitud", "lon|lng|long", example=("-110.97", "-110.97")),
    Column("grades", times.GradeSpan(), "Grades", "Grados", "grade levels|grade span|grade level|grades served|niveles",
           example=("6 to 8", "6 a 8")),
    Column("students", Whole(1, 20000), "Students", "Estudiantes", "enrollment|enrolment|number of students|matricula|"
           "alumnos|alumnado", example=("480", "480")),
    Column("poverty_value", Number(0, 100), "Poverty figure (percent)", "Cifra de pobreza (por ciento)",
           "poverty figure|poverty|poverty percent|frl|free and reduced lunch|cifra de pobreza",
           example=("61.5", "61.5")),
    Column("poverty_measure", Text(120), "Measure", "Medida", "poverty measure|medida de pobreza",
           example=("direct certification", "direct certification")),
    Column("poverty_year", Whole(1990, 2100), "Year of the figure", "Año de la cifra", "poverty year|year|año",
           example=("2025", "2025")),
    Column("poverty_source", Text(300), "Source of the figure", "Fuente de la cifra", "poverty source|source|fuente",
           example=("State table 7, October count", "Tabla estatal 7, octubre")),
    Column("locale", OneOf(words.LOCALE), "Locale", "Tipo de localidad", "nces locale|locale code|localidad",
           example=("rural-fringe", "rural-fringe")),
    Column("locale_source", Text(300), "Source of the locale", "Fuente del tipo de localidad", asked=True,
           example=("NCES, school year 2025", "NCES, ciclo 2025")),
    Column("title_i", YesNo(), "Title I", "Title I", "title 1|title one|titulo i", example=("yes", "sí")),
    Column("title_i_source", Text(300), "Source of Title I", "Fuente de Title I", asked=True,
           example=("Federal list 2025", "Lista federal 2025")),
)  # fmt: skip

TEACHERS = (
    KEY,
    Column("name", Text(120), "Name", "Nombre", "teacher|teacher name|full name|docente|maestra|maestro|"
           "nombre completo|nombre y apellido", required=True, example=("Ana Luisa Robles", "Ana Luisa Robles")),
    Column("email", Email(), "E-mail", "Correo", "email|email address|e mail address|mail|school email|"
           "correo electronico|teacher email", required=True,
           example=("ana.robles@school.example", "ana.robles@escuela.example")),
    Column("school", Name(120), "School", "Escuela", "school name|site|plantel|nombre de la escuela", required=True,
           example=("Cottonwood Wash Middle School", "Secundaria Arroyo del Álamo")),
    Column("phone", Phone(), "Phone", "Teléfono", "phone number|telephone|cell|cell phone|mobile|celular|tel",
           example=("520-555-0111", "520-555-0111")),
    Column("grades", times.Grades(), "Grades", "Grados", "grade levels|grade level|grade|grado|niveles",
           example=("6; 7", "6; 7")),
    Column("subjects", SeveralOf(words.SUBJECTS), "Subjects", "Materias", "subject|content area|subject area|materia|"
           "asignatura|asignaturas", example=("science; math", "ciencias; matemáticas")),
    Column("language", OneOf(words.WRITTEN, "en"), "Language of mails", "Idioma de los correos",
           "language|preferred language|idioma|mail language", example=("English", "español")),
)  # fmt: skip

PARTNERS = (
    KEY,
    Column("name", Text(120), "Name", "Nombre", "partner|partner name|full name|community partner|neighbor|"
           "nombre completo|colaborador|colaboradora|nombre y apellido", required=True,
           example=("Esperanza Ochoa", "Esperanza Ochoa")),
    Column("kind", OneOf(words.KINDS, "person"), "Person or organization", "Persona u organización", "kind|type|tipo",
           example=("person", "persona")),
    Column("contact_name", Text(120), "Contact person", "Persona de contacto", "contact|contact name|contacto|attn"),
    Column("organisation", Name(), "Belongs to", "Pertenece a", "organization|organisation|company|employer|business|"
           "organizacion|empresa"),
    Column("email", Email(), "E-mail", "Correo", "email|email address|e mail address|mail|correo electronico|"
           "partner email", example=("esperanza@people.example", "esperanza@people.example")),
    Column("phone", Phone(), "Phone", "Teléfono", "phone number|telephone|cell|cell phone|mobile|celular|tel",
           example=("520-555-0163", "520-555-0163")),
    Column("language", OneOf(words.WRITTEN, "en"), "Language of mails", "Idioma de los correos",
           "language|preferred language|idioma|mail language", example=("Spanish", "español")),
    Column("about", Text(2000, lines=True), "About", "Sobre la persona", "bio|biography|about me|notes about|semblanza|"
           "acerca de", example=("I have lived in Las Norias for forty years.",
                                 "Vivo en Las Norias desde hace cuarenta años.")),
    Column("languages", SeveralOf(words.LANGUAGES), "Languages spoken", "Idiomas que habla", "languages|speaks|idiomas",
           example=("Spanish; English", "español; inglés")),
    Column("formats", SeveralOf(words.FORMATS), "Kinds of visit", "Tipos de visita", "formats|format|visit types|"
           "how they want to help|formatos|kind of visit", example=("visit; host", "visita; recibir al grupo")),
    Column("weekdays", times.Weekdays(), "Days", "Días", "weekdays|availability|available days|days available|"
           "disponibilidad|dias disponibles", example=("Mon; Wed", "lun; mié")),
    Column("free_from", times.Hour(), "Not before", "No antes de", "from|start time|available from|desde",
           example=("09:00", "09:00")),
    Column("free_until", times.Hour(), "Done by", "Hasta las", "until|end time|available until|hasta",
           example=("15:00", "15:00")),
    Column("sharing", SeveralOf(words.SHARING), "Rules for sharing", "Reglas para compartir", "sharing|sharing rules|"
           "reglas", example=("no recording", "sin grabar")),
    Column("neighbourhood", Text(120), "Neighborhood", "Barrio", "neighbourhood|area|colonia|zona",
           example=("Las Norias", "Las Norias")),
    Column("radius_miles", Whole(1, 500), "Travels (miles)", "Se desplaza (millas)", "radius|radius miles|miles|"
           "travel radius|distance|millas|radio", example=("8", "8")),
    Column("online", YesNo(False), "By video", "Por video", "online|virtual|remote|video|en linea",
           example=("no", "no")),
    Column("monthly_capacity", Whole(0, 31), "Visits a month", "Visitas al mes", "monthly capacity|capacity|"
           "visits per month|max visits|capacidad|visitas por mes", example=("2", "2")),
    Column("joined_on", times.Day(), "With us since", "Con nosotros desde", "joined|joined on|date joined|start date|"
           "since|member since|desde cuando|fecha de ingreso", example=("2025-08-18", "2025-08-18")),
    Column("public", OneOf(words.PUBLIC, "no"), "Anybody may read it", "Puede leerlo cualquiera", "public|consent|"
           "public page|consentimiento|publico", example=("no", "no")),
)  # fmt: skip

FUNDS = (
    KEY,
    Column("partner", Name(), "Partner\u2019s e-mail", "Correo de la persona", "partner|partner email|email|mail|"
           "e mail|email address|partner key|owner|correo|correo electronico|colaborador|persona", required=True,
           example=("esperanza@people.example", "esperanza@people.example")),
    Column("title", Text(200), "What they know", "Lo que sabe", "title|fund|fund of knowledge|expertise|skill|skills|"
           "topic|knowledge|titulo|fondo|fondo de conocimiento|tema|saber", required=True,
           example=("Reading a wash before it rains", "Leer el arroyo antes de que llueva")),
    Column("text", Text(6000, lines=True), "More about it", "Más sobre esto", "text|description|details|"
           "what a class would see or try|descripcion|detalles",
           example=("We walk the street and look for the marks the last storm left.",
                    "Caminamos la calle y buscamos las rayas que dejó el último aguacero.")),
    Column("story", Text(6000, lines=True), "How they came to know it", "Cómo llegó a saberlo", "story|how i know|"
           "how they know it|experience|background|historia|como llegue a saberlo|experiencia", required=True,
           example=("My father taught me.", "Me enseñó mi papá.")),
    Column("language", OneOf(words.LANGUAGES, "en"), "Written in", "Escrito en", "language|idioma|language written",
           example=("English", "español")),
    Column("kind", OneOf(words.KNOWN_FROM, "practice"), "Where it comes from", "De dónde viene", "kind|known from|tipo",
           example=("practice", "práctica")),
    Column("subjects", SeveralOf(words.SUBJECTS), "Subjects", "Materias", "subject|content area|subject area|materia",
           example=("science; social studies", "ciencias; estudios sociales")),
    Column("grades", times.Grades(), "Grades", "Grados", "grade levels|grade level|grade|grado|niveles",
           example=("K; 2 to 5", "K; 2 a 5")),
)  # fmt: skip

CLEARANCES = (
    Column("partner", Name(), "Partner\u2019s e-mail", "Correo de la persona", "partner|partner email|"
           "partner e mail|email|mail|e mail|email address|partner key|key|correo|correo electronico|colaborador|"
           "persona", required=True, example=("esperanza@people.example", "esperanza@people.example")),
    Column("status", OneOf(words.CLEARANCE, "unknown"), "School clearance", "Autorización escolar", "status|clearance|"
           "clearance status|background check|fingerprint clearance|estado|estatus|autorizacion",
           example=("in order", "en regla")),
    Column("issuer", Text(120), "Issued by", "Expedida por", "issuer|office|issuing office|agency|oficina|emisor",
           example=("State fingerprint office", "Oficina estatal de huellas")),
    Column("issued_on", times.Day(), "Issued on", "Expedida el", "issued|issue date|date issued|fecha de expedicion|"
           "fecha de emision", example=("2025-08-18", "2025-08-18")),
    Column("ends_on", times.Day(), "Ends on", "Vence el", "ends|end date|expires|expires on|expiration|"
           "expiration date|expiry|valid until|vence|vencimiento|vigencia|fecha de vencimiento",
           example=("2031-08-17", "2031-08-17")),
)  # fmt: skip

REQUESTS = (
    KEY,
    Column("teacher", Name(), "Teacher\u2019s e-mail", "Correo de docente", "teacher|teacher email|email|e mail|mail|"
           "email address|correo|correo electronico|docente|maestra|maestro", required=True,
           example=("ana.robles@school.example", "ana.robles@escuela.example")),
    Column("title", Text(200), "The question in one line", "La pregunta en una línea", "title|question|request|need|"
           "titulo|pregunta|solicitud|necesidad", required=True,
           example=("Where does our storm water go?", "¿A dónde va el agua de lluvia?")),
    Column("text", Text(6000, lines=True), "Say more", "Cuente más", "text|description|details|descripcion|detalles",
           required=True, example=("We model how water runs off our playground and would like to meet somebody who has "
                                   "moved earth for it.",
                                   "Estudiamos cómo corre el agua en el patio y queremos conocer a alguien que le haya "
                                   "hecho camino.")),
    Column("language", OneOf(words.LANGUAGES, "en"), "Written in", "Escrito en", "language|idioma",
           example=("English", "español")),
    Column("grade", times.Grade(), "Grade", "Grado", "grade level|grado escolar|class grade", example=("7", "7")),
    Column("subject", OneOf(words.SUBJECTS), "Subject", "Materia", "content area|subject area|asignatura",
           example=("science", "ciencias")),
    Column("students", Whole(1, 2000), "Students", "Estudiantes", "number of students|class size|alumnos|alumnado",
           example=("28", "28")),
    Column("formats", SeveralOf(words.FORMATS), "Kinds of visit", "Tipos de visita", "formats|format|kind of visit|"
           "formatos", example=("visit", "visita")),
    Column("languages", SeveralOf(words.LANGUAGES), "Languages of a visitor", "Idiomas de quien visita", "languages|"
           "languages a visitor could speak|idiomas", example=("English; Spanish", "inglés; español")),
    Column("windows", times.Windows(), "Dates and times", "Fechas y horas", "dates|date|when|dates offered|"
           "preferred dates|date and time|fechas|fecha|cuando", required=True,
           example=("2027-02-08 09:00-09:50; 2027-02-10 10:00-10:50",
                    "2027-02-08 09:00-09:50; 2027-02-10 10:00-10:50")),
    Column("place", Text(200), "Place", "Lugar", "where|location|room|donde|ubicacion",
           example=("Room 12", "Salón 12")),
    Column("partners_wanted", Whole(1, 10), "How many people", "Cuántas personas", "partners wanted|people|personas",
           example=("1", "1")),
    Column("overnight", YesNo(False), "Overnight", "Con pernocta", "stays overnight|pernocta", example=("no", "no")),
    Column("posted_on", times.Day(), "Posted on", "Publicada el", "posted|date posted|submitted|submitted on|created|"
           "timestamp|publicada|fecha de publicacion|marca temporal"),
    Column("names_checked", YesNo(False), "No student is named", "No se nombra a estudiantes", "names checked",
           asked=True),
)  # fmt: skip

COLUMNS: Mapping[SheetKind, tuple[Column, ...]] = {
    SheetKind.SCHOOLS: SCHOOLS,
    SheetKind.TEACHERS: TEACHERS,
    SheetKind.PARTNERS: PARTNERS,
    SheetKind.FUNDS: FUNDS,
    SheetKind.CLEARANCES: CLEARANCES,
    SheetKind.REQUESTS: REQUESTS,
}
