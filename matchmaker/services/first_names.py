"""First names that children around here bear, to be asked about when a request holds one.

Left out are names that are words, months, presidents or places first (Grace, April, Lincoln, Phoenix, Dakota).
"""

from __future__ import annotations

FIRST_NAMES = frozenset(
    # One line of words reads better than a tall list of quoted ones.
    """
    Aaliyah Aaron Abby Abigail Abigaíl Adam Adela Adrian Adriana Adrián Aidan Aiden Aitana Alan Alana Alberto
    Alec Alejandra Alejandro Alex Alexa Alexander Alexandra Alexis Alfredo Alice Alicia Alina Alison Allison
    Alma Alondra Alyssa Amanda Amber Amelia Amira Amy Ana Anaya Andrea Andrew Andrés Andy Angelina Anita Anna
    Anthony Antonia Antonio Araceli Ariana Armando Arturo Ashley Audrey Ava Ayden Beatriz Bella Belén Ben Benito
    Benjamin Benjamín Bianca Brandon Brayden Brenda Brian Brianna Bruno Bryan Caleb Cameron Camila Carla Carlos
    Carmen Carolina Caroline Carter Catalina Cecilia Charlie Charlotte Chloe Christian Christopher Citlali
    Claire Clara Claudia Cody Cole Connor Cristian Cristina Cynthia César Daisy Damián Dana Daniel Daniela Danny
    Darius David Delia Derek Destiny Devin Diana Diego Dominic Dulce Dylan Eddie Edgar Eduardo Edward Elena Eli
    Elian Elijah Elisa Eliseo Elizabeth Elián Ellie Elías Emely Emilia Emiliano Emilio Emily Emma Enrique Eric
    Erica Erik Ernesto Esmeralda Esteban Estela Ethan Eva Evan Evelyn Ezequiel Fabián Felipe Fernanda Fernando
    Finn Francisco Frida Fátima Gabriel Gabriela Gael Gerardo Gianna Giovanni Gloria Grayson Guadalupe Guillermo
    Gustavo Hailey Hannah Harper Henry Hugo Héctor Ian Ignacio Iker Inés Irene Isaac Isabel Isabella Isaiah
    Ismael Itzel Ivanna Iván Jack Jacob Jaden Jaime Jairo Jake James Jared Jasmine Jason Javier Jayden Jazmín
    Jeremy Jessica Jimena Jimmy Joaquín Joel John Johnny Jonah Jonathan Jorge Joseph Joshua Josué José Juan
    Juana Julia Julian Juliana Julieta Julio Julián Justin Kai Kaitlyn Karen Karina Karla Kate Katie Kayla
    Kaylee Keira Kevin Kiara Kimberly Kyle Laila Laura Lauren Layla Leah Leilani Leo Leonardo Leslie Leticia
    León Liam Lily Lisa Logan Lola Lorena Lorenzo Lucas Lucy Lucía Luis Luisa Luke Luna Lupita Luz Maddie Maia
    Malia Manuel Marco Marcos Margarita Maria Mariah Mariana Maribel Mario Marisol Maritza Mark Marlene Marta
    Martín María Mason Mateo Matthew Matías Maya Mayra Megan Melanie Melissa Mia Michael Michelle Miguel Mike
    Mila Milagros Miranda Mireya Moisés Mónica Nadia Nahomi Naomi Natalia Natalie Nathan Nathaniel Nayeli Nevaeh
    Nicholas Nico Nicole Nicolás Noah Noemí Nora Norberto Norma Octavio Olivia Omar Oscar Osvaldo Owen Pablo
    Paloma Pamela Paola Patricia Patrick Paul Paula Paulina Pedro Penélope Perla Peter Priscila Rachel Rafael
    Ramiro Ramón Raúl Rebeca Rebecca Regina Renata René Ricardo Richard Rigoberto Robert Roberto Rocío Rodrigo
    Rogelio Romina Rosalía Rosario Ruby Rubén Ryan Sabrina Salma Salvador Sam Samantha Samara Samuel Sandra
    Santiago Sara Sarah Sasha Saúl Sebastian Sebastián Selena Sergio Shawn Simón Sofia Sofía Sonia Sophia Stella
    Stephanie Steven Susana Tadeo Tania Tatiana Taylor Teresa Theo Thomas Tiana Timmy Timothy Tommy Tomás Tony
    Trevor Tristan Tyler Ulises Valentina Valeria Vanesa Vanessa Verónica Vicente Victor Victoria Violeta
    Viviana Víctor Wendy William Xavier Ximena Xiomara Xochitl Xóchitl Yadira Yahir Yareli Yasmin Yesenia
    Yolanda Yuridia Zachary Zitlali Zoe Zoey Ángel Ángela Óscar
    """.split()  # noqa: SIM905
)

ALSO_WORDS = frozenset(
    """
    Abby Alma Amber Bella Carter Cole Daisy Destiny Dulce Finn Gloria Harper Hugo Jack Jasmine Leo León Lily
    Logan Luna Luz Mark Mason Mila Milagros Paloma Perla Rocío Rosario Ruby Salvador Sam Stella Taylor Tony
    Victor Victoria Violeta Will
    """.split()  # noqa: SIM905
)
"""Those that are words too: asked about only with a capital."""
